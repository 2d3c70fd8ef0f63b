import type { ErrorCode } from '../contract/errors.ts'
import type { PassthroughRequest, RawEvent } from '../contract/passthrough.ts'
import type { Outcome, Receipt } from '../contract/receipt.ts'
import type { AnswerSteps } from './answer.ts'
import { asGatewayError } from './attempt.ts'
import type { Carry } from './complete.ts'
import { endOf, outcomeOf } from './end.ts'
import { startOf } from './start.ts'
import type { Trail } from './trail.ts'

/**
 * A miss by itself: nobody else follows it, so the provider is read as fast as the caller reads. What may be the last
 * bytes is held until the ledger has the receipt.
 */
export const createPass = (steps: AnswerSteps<PassthroughRequest, RawEvent>): Carry<PassthroughRequest, RawEvent> => {
  const { route, call, settle, record, remember, clock } = steps
  return async function* pass(trail, miss, signal) {
    const kept = remember(miss, trail)
    let held: RawEvent | null = null
    let isClosed = false
    const close = (end: Pick<Receipt, 'outcome' | 'errorCode'>): Promise<Receipt> => {
      isClosed = true
      settle(trail)
      // The reply itself says late who answered.
      const answeredModel = trail.attempts.at(-1)?.answeredModel ?? null
      if (trail.served && answeredModel !== null) trail.served = { ...trail.served, answeredModel }
      return record(trail, end)
    }
    try {
      trail.plan = route(trail.request)
      trail.routedAtMs = clock.now()
      for await (const event of call(trail.plan, trail, signal)) {
        if (event.type === 'first') {
          trail.firstTokenAtMs = clock.now()
          yield startOf(event, trail)
          continue
        }
        kept.add(event)
        if (held) yield held
        held = null
        if (event.type === 'bytes' && !event.goesOn) held = event
        else yield event
      }
      const written = await close(endingOf(trail))
      if (written.outcome === 'complete') await kept.keep(written)
      if (held) yield held
      yield endOf(trail, written)
    } catch (thrown) {
      const error = asGatewayError(thrown, signal)
      if (!isClosed && trail.attempts.length > 0)
        await close({ outcome: outcomeOf(error, trail), errorCode: error.code })
      throw error
    } finally {
      // Whoever stops listening in between throws nothing.
      if (!isClosed && trail.attempts.length > 0) await close({ outcome: 'client_aborted', errorCode: 'caller_left' })
    }
  }
}

/** A provider's own refusal was passed on whole, and is one all the same. */
const endingOf = ({ attempts }: Trail): { outcome: Outcome; errorCode: ErrorCode | null } => {
  const last = attempts.at(-1)
  if (!last || last.errorCode === null) return { outcome: 'complete', errorCode: null }
  const wasRefused = last.upstreamStatus !== null && last.upstreamStatus >= 400
  return { outcome: wasRefused ? 'failed' : 'upstream_error', errorCode: last.errorCode }
}
