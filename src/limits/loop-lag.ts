import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop is, and has been for a while: one long turn is no lag. */
export interface LoopLag extends Disposable {
  lagMs(): number
}

const resolutionMs = 20
/** A figure is the median of so long … */
const windowMs = 500
/** … and the least of so many counts: a window that one long turn fills has nobody but it to be measured by. */
const windows = 3

/** Measures by Node's own timer, which a busy loop cannot be in time for; what is beyond its interval is lag. */
export const watchLoopLag = (): LoopLag => {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  const medians: number[] = Array.from({ length: windows }, () => 0)
  delay.enable()
  const timer = setInterval(() => {
    // Nothing was measured where the loop was busy all the time: then the window itself was late, and says more.
    medians.push(delay.count > 0 ? Math.max(0, delay.percentile(50) / 1e6 - resolutionMs) : windowMs)
    medians.shift()
    delay.reset()
  }, windowMs)
  timer.unref()
  return {
    lagMs: () => Math.min(...medians),
    [Symbol.dispose]: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
