import type { Clock } from '../contract/runtime.ts'

/** Takes the next piece of the answer's text. */
export type Progress = (text: string) => Promise<void>

interface ProgressNote {
  /** Characters so far: it only grows, as the protocol demands. */
  progress: number
  /** The text that is new since the last note. */
  message: string
}

/** Ten a second: as lively as reading needs, without a notification for every token. */
const intervalMs = 100

/**
 * Passes text on as notes, at most one every 100 ms; what comes in between goes with the next. The last bit may never
 * be sent: the result holds the whole text. A note that cannot be delivered is dropped, for the signal tells who left.
 */
export const createProgress = (send: (note: ProgressNote) => Promise<void>, clock: Clock): Progress => {
  let pending = ''
  let progress = 0
  let sentAtMs = Number.NEGATIVE_INFINITY
  return async (text) => {
    pending += text
    progress += text.length
    const nowMs = clock.now()
    if (pending === '' || nowMs - sentAtMs < intervalMs) return
    const message = pending
    pending = ''
    sentAtMs = nowMs
    await send({ progress, message }).catch(() => undefined)
  }
}
