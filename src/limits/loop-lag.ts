import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop is: in the middle of what was measured of late, so that one long turn is no lag. */
export interface LoopLag extends Disposable {
  lagMs(): number
}

const resolutionMs = 20
/** Figures are of the last so long. */
const windowMs = 500

/** Measures by Node's own timer, which a busy loop cannot be in time for; what is beyond its interval is lag. */
export const watchLoopLag = (): LoopLag => {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  let lagMs = 0
  delay.enable()
  const timer = setInterval(() => {
    // Nothing was measured where the loop was busy all the time: then the window itself was late, and says more.
    lagMs = delay.count > 0 ? Math.max(0, delay.percentile(50) / 1e6 - resolutionMs) : windowMs
    delay.reset()
  }, windowMs)
  timer.unref()
  return {
    lagMs: () => lagMs,
    [Symbol.dispose]: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
