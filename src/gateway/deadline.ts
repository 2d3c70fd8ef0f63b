import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import { alarmWithin } from '../lib/abort.ts'
import type { Trail } from './trail.ts'

/** A signal that aborts when the caller leaves or the request's time is up, whichever comes first. */
export const startDeadline = (trail: Trail, clock: Clock): { signal: AbortSignal } & Disposable => {
  const { signal, stop } = alarmWithin(trail.context.signal, trail.deadlineAtMs - clock.now(), () => {
    const limitMs = trail.deadlineAtMs - trail.receivedAtMs
    return new GatewayError('deadline_exceeded', `The answer was not complete after ${limitMs} ms.`)
  })
  return { signal, [Symbol.dispose]: stop }
}
