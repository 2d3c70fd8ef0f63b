import { GatewayError } from '../contract/errors.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { RequestContext } from '../contract/journey.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { CopyFact, Quota, SecretText, UpstreamCall } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import { elapsedMs } from '../lib/elapsed.ts'
import type { RingKey } from '../resilience/key-ring.ts'
import { believeName, believeUsage } from './believe.ts'
import type { Deployment } from './deployments.ts'
import type { Attempt, Trail } from './trail.ts'

interface Target<Request> {
  card: ModelCard
  deployment: Deployment
  key: RingKey
  /** The key's text, which the call keeps to its end. */
  secret: SecretText | null
  request: Request
}

export type MakeAttempt<Request extends Asked, Event extends Content> = (
  target: Target<Request>,
  trail: Trail<Request>,
  signal: AbortSignal,
) => AsyncGenerator<Event, void>

/** How a provider is asked; undefined where it has no wire for such a request. */
export type FindWire<Request, Event extends Content> = (
  call: Pick<UpstreamCall<Request>, 'row' | 'card' | 'request'>,
) => ((call: UpstreamCall<Request>, signal: AbortSignal) => AsyncGenerator<CopyFact | Event, void>) | undefined

/**
 * One try at one deployment with one key, under its breaker. Facts go to the trail as they become known, so that
 * whatever ends the try, what was used of it is there to be settled.
 * @throws GatewayError what the provider did, `provider_circuit_open`, or the signal's reason
 */
export const createAttempt = <Request extends Asked, Event extends Content>(options: {
  findWire: FindWire<Request, Event>
  instanceId: string
  /** What a provider is told of the trace, at the request's try of this number. */
  traceparentOf: (context: RequestContext, attempt: number) => string | null
  clock: Clock
}): MakeAttempt<Request, Event> => {
  const { findWire, instanceId, traceparentOf, clock } = options

  return async function* attempt({ card, deployment, key, secret, request }, trail, signal) {
    const { row, breaker } = deployment
    const ask = findWire({ row, card, request })
    if (!ask) throw new GatewayError('internal', 'The gateway failed to answer this request.', { provider: row.id })
    const pass = await breaker.admit()
    if (!pass) throw circuitOpen(deployment, clock.now())

    const entry = beginAttempt({ card, key, startedAtMs: clock.now() })
    trail.attempts.push(entry)
    trail.simulated = row.simulated
    try {
      const hops = [...trail.context.hops, instanceId]
      const traceparent = row.takesTraceContext ? traceparentOf(trail.context, trail.attempts.length - 1) : null
      const call = {
        row,
        card,
        key: secret,
        request,
        stream: trail.context.incremental,
        hops,
        traceparent,
        heard: (quotas: readonly Quota[]) => deployment.keys.learn(key.index, card.id, quotas),
      }
      for await (const event of ask(call, signal)) {
        if (isFact(event)) {
          note(event, entry, trail)
          continue
        }
        entry.firstTokenMs ??= elapsedMs(entry.startedAtMs, clock.now())
        entry.written.push(textOf(event))
        yield event
      }
      entry.outcome = entry.errorCode === null ? 'answered' : 'failed'
    } catch (thrown) {
      const error = asGatewayError(thrown, signal)
      if (!signal.aborted) entry.outcome = entry.firstTokenMs === null ? 'failed' : 'broken'
      entry.errorCode = error.code
      entry.upstreamStatus = error.detail.upstreamStatus ?? null
      entry.reason = reasonOf(error)
      throw error
    } finally {
      entry.durationMs = elapsedMs(entry.startedAtMs, clock.now())
      const errorCode = entry.outcome === 'aborted' ? (entry.errorCode ?? 'caller_left') : entry.errorCode
      pass.done({ errorCode, firstTokenMs: entry.firstTokenMs ?? entry.durationMs })
    }
  }
}

const factTypes: ReadonlySet<string> = new Set<CopyFact['type']>([
  'identity',
  'usage',
  'partial-usage',
  'warning',
  'finish',
  'written',
  'complaint',
])

const isFact = (event: CopyFact | Content): event is CopyFact => factTypes.has(event.type)

const note = (fact: CopyFact, entry: Attempt, trail: Trail): void => {
  switch (fact.type) {
    case 'identity':
      entry.begun = true
      entry.answeredModel = believeName(fact.model) ?? entry.answeredModel
      break
    case 'usage':
      entry.reportedUsage = believeUsage(fact.usage)
      break
    case 'partial-usage':
      entry.usageSoFar = believeUsage(fact.usage)
      break
    case 'warning':
      trail.warnings.push(fact.warning)
      break
    case 'finish': {
      const { type: _type, ...finish } = fact
      trail.finishes.push(finish)
      break
    }
    case 'written':
      entry.written.push(fact.text)
      break
    case 'complaint':
      entry.errorCode = fact.code
      entry.upstreamStatus = fact.status
      break
  }
}

/** What a thrown thing means: an abort carries its own reason, and one without a reason is a caller who left. */
export const asGatewayError = (thrown: unknown, signal: AbortSignal): GatewayError => {
  if (!signal.aborted) return GatewayError.from(thrown)
  return signal.reason instanceof GatewayError
    ? signal.reason
    : new GatewayError('caller_left', 'The caller left before the answer was complete.')
}

const beginAttempt = (start: { card: ModelCard; key: RingKey; startedAtMs: number }): Attempt => ({
  card: start.card,
  keyIndex: start.key.index,
  startedAtMs: start.startedAtMs,
  durationMs: 0,
  firstTokenMs: null,
  // Until something else is known: whoever stops reading aborts.
  outcome: 'aborted',
  errorCode: null,
  upstreamStatus: null,
  reason: null,
  begun: false,
  answeredModel: null,
  reportedUsage: null,
  usageSoFar: null,
  written: [],
  usage: null,
  priceId: null,
  costNanoUsd: null,
})

/** Faults that a provider finds with the request itself: its words may quote the prompt, which belongs in no log. */
const quoting: ReadonlySet<ErrorCode> = new Set(['provider_rejected', 'context_length_exceeded', 'content_filtered'])

/** What the owner looks for at night: the provider's or the network's own words, where they say more than ours. */
const reasonOf = ({ code, message, cause }: GatewayError): string | null => {
  if (quoting.has(code)) return null
  return cause instanceof Error ? cause.message : message
}

/** The text of an event that the provider bills as output; empty for those that carry none. */
const textOf = (event: Content): string => {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-arguments':
      return event.text
    case 'tool-call':
      return event.name
    case 'reasoning-signature':
    case 'reasoning-redacted':
    case 'logprobs':
    case 'vectors':
    case 'head':
    case 'bytes':
      return ''
  }
}

export const circuitOpen = ({ row, breaker }: Deployment, nowMs: number): GatewayError => {
  const { reason, retryAtMs } = breaker.state()
  return new GatewayError(
    'provider_circuit_open',
    `${row.title} is being rested: ${reason ?? 'a trial call is running'}.`,
    {
      provider: row.id,
      ...(retryAtMs === null ? {} : { retryAfterMs: Math.max(0, retryAtMs - nowMs) }),
    },
  )
}
