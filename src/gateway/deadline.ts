import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import { alarm } from '../lib/abort.ts'
import type { Trail } from './trail.ts'

/** A signal that aborts when the caller leaves or the request's time is up, whichever comes first. */
export const startDeadline = (trail: Trail, clock: Clock): { signal: AbortSignal } & Disposable => {
  const late = alarm(trail.deadlineAtMs - clock.now(), () => {
    const limitMs = trail.deadlineAtMs - trail.receivedAtMs
    return new GatewayError('deadline_exceeded', `The answer was not complete after ${limitMs} ms.`)
  })
  return {
    signal: AbortSignal.any([trail.context.signal, late.signal]),
    [Symbol.dispose]: late.stop,
  }
}
