import { bareEndpoint, findEndpoints } from '../contract/endpoints.ts'
import { GatewayError } from '../contract/errors.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { CopyFact, PassThrough, ProviderRow } from '../contract/provider.ts'
import type { RawEvent } from '../contract/passthrough.ts'
import type { UpstreamHttp, UpstreamReply } from './http.ts'
import { createCopy } from './passthrough/copy.ts'
import { askForUsage, createUsageFilter } from './passthrough/stream-usage.ts'
import { readQuotas } from './reply/quotas.ts'
import { refusalInside, refusalOf } from './reply/refusal.ts'

/** Headers of a provider's reply that a caller sees; ours have the other names. */
const shown =
  /^(?:content-type|retry-after(?:-ms)?|openai-(?:model|processing-ms|version)|x-ratelimit-[\w-]+|anthropic-ratelimit-[\w-]+)$/

const maxErrorBytes = 64 * 1024

/** Refusals that are the gateway's to mend: they are tried again, with another key, and told in its own words. */
const ours: ReadonlySet<ErrorCode> = new Set([
  'provider_auth',
  'provider_out_of_credit',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_failed',
  'provider_timeout',
  'provider_bad_reply',
  'loop_detected',
])

/**
 * Native calls: the endpoint and the payload of the caller, the address and the key of the row. Bytes go through as they
 * are, both ways; what was used is read in a copy.
 */
export const createPassThrough = (http: UpstreamHttp): PassThrough =>
  async function* passThrough(
    { row, key, hops, traceparent, heard, request },
    signal,
  ): AsyncGenerator<CopyFact | RawEvent, void> {
    const { method, endpoint, asEvents, text } = request
    const [known] = findEndpoints(method, endpoint, row.dialect)
    if (!known) throw new GatewayError('not_found', `${row.title} has no such endpoint here.`, { param: 'endpoint' })
    const path = `${known.prefix}/${bareEndpoint(endpoint)}${asEvents ? '?alt=sse' : ''}`
    const counted = askForUsage(request, known.reader, row)
    const body = method === 'GET' ? null : (counted ?? text)
    const reply = await http.post(
      { row, key, hops, traceparent, path, headers: headersFor(row, request.headers), body },
      signal,
    )
    const { status, headers } = reply
    heard?.(readQuotas(headers, reply.receivedAtMs))
    const context = { row, redact: reply.redact, headers, nowMs: reply.receivedAtMs }
    const head = { type: 'head', status, headers: shownOf(reply) } as const

    if (status < 200 || status > 299) {
      const explanation = await readText(reply.body).catch(() => '')
      signal.throwIfAborted()
      const error = refusalOf(status, explanation, context)
      if (ours.has(error.code)) throw error
      yield head
      yield { type: 'complaint', code: error.code, status }
      yield { type: 'bytes', bytes: Buffer.from(reply.redact(explanation)), goesOn: false }
      return
    }

    const isStream = /event-stream/i.test(headers['content-type'] ?? '')
    const copy =
      known.reader &&
      createCopy({ row, reader: known.reader, isStream, status, refuse: (error) => refusalInside(error, context) })
    // With a good status the provider has taken the request: it may bill for it whatever becomes of its reply.
    if (copy) yield { type: 'identity', model: null, responseId: null }
    yield head
    const filter = counted !== null && isStream ? createUsageFilter() : null
    for await (const bytes of reply.body) {
      if (copy) yield* copy.feed(bytes)
      const passed = filter ? filter.pass(bytes) : bytes
      if (passed.length > 0) yield { type: 'bytes', bytes: passed, goesOn: copy?.goesOn === true }
    }
    const rest = filter?.rest()
    if (rest && rest.length > 0) yield { type: 'bytes', bytes: rest, goesOn: false }
    if (copy) yield* copy.end()
  }

/** Of the caller's headers those of this wire; the row's own and its key are put over them. */
const headersFor = ({ dialect }: ProviderRow, given: Readonly<Record<string, string>>): Record<string, string> => {
  const isAnthropic = dialect === 'anthropic'
  const own = Object.entries(given).filter(
    ([name]) =>
      name === 'idempotency-key' ||
      (isAnthropic ? name.startsWith('anthropic-') : dialect !== 'gemini' && name.startsWith('openai-')),
  )
  return { ...(isAnthropic ? { 'anthropic-version': '2023-06-01' } : {}), ...Object.fromEntries(own) }
}

const shownOf = ({ headers }: UpstreamReply): Record<string, string> => {
  const kept = Object.entries(headers).filter(([name]) => shown.test(name))
  const id = headers['x-request-id'] ?? headers['request-id']
  return { ...Object.fromEntries(kept), ...(id === undefined ? {} : { 'x-upstream-request-id': id }) }
}

const readText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    pieces.push(piece)
    length += piece.length
    if (length >= maxErrorBytes) break
  }
  return Buffer.concat(pieces).subarray(0, maxErrorBytes).toString()
}
