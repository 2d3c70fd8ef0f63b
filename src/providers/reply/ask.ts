import type { Warning } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { Requirements } from '../../contract/plan.ts'
import type { ProviderRow, UpstreamCall } from '../../contract/provider.ts'
import type { UpstreamHttp, UpstreamReply } from '../http.ts'
import { objectOf, parseJson } from '../shape.ts'
import { readQuotas } from './quotas.ts'
import { refusalInside, refusalOf } from './refusal.ts'
import { readEvents } from './sse.ts'
import type { ServerSentEvent } from './sse.ts'

/** A reply that may be an answer. Which of the two it is, the provider decides: some do not do as they are asked. */
type ProviderReply = {
  /** The error for something that the provider reports inside its reply. */
  refuse(error: Json): GatewayError
} & (
  | {
      kind: 'document'
      value: JsonObject
      /** All of them where the document is a list: a stream of Gemini's in one piece. */
      values: JsonObject[]
    }
  | { kind: 'stream'; events: AsyncGenerator<ServerSentEvent[], void> }
)

/** What a dialect sends: where to, and what. */
interface Question {
  path: string
  headers: Readonly<Record<string, string>>
  body: JsonObject
  /** Fields whose names differ from those of a chat request: what a provider says of them is said of those. */
  fields?: ReadonlyMap<string, string>
  /** What of the request had to be left out or changed. */
  warnings?: readonly Warning[]
}

const maxErrorBytes = 64 * 1024
/** As many characters as it takes to know `event:` and `retry:`. */
const longestOpening = 6

/**
 * Puts a question to a provider.
 * @throws GatewayError parameter_unsupported before anything is sent, where the caller is strict and the question says less
 *   than the request; and for every reply that is no answer: another status than 2xx, a web page, half a document
 */
export const ask = async (
  http: UpstreamHttp,
  {
    row,
    key,
    hops,
    traceparent,
    heard,
    request,
  }: Pick<UpstreamCall<{ requirements?: Requirements }>, 'row' | 'key' | 'hops' | 'traceparent' | 'heard' | 'request'>,
  { fields, warnings = [], ...question }: Question,
  signal: AbortSignal,
): Promise<ProviderReply> => {
  const [loss] = request.requirements?.strict === true ? warnings : []
  if (loss) throw new GatewayError('parameter_unsupported', loss.message, { param: loss.param, provider: row.id })

  const reply = await http.post({ row, key, hops, traceparent, ...question }, signal)
  const { status, headers, body, redact, receivedAtMs: nowMs } = reply
  heard?.(readQuotas(headers, nowMs))
  const context = { row, redact, headers, nowMs, fields }
  if (status < 200 || status > 299) {
    // The status is known, and with it what happened: that its explanation broke off is not the news.
    const explanation = await readText(body, maxErrorBytes).catch(() => '')
    signal.throwIfAborted()
    throw refusalOf(status, explanation, context)
  }

  const refuse = (error: Json) => refusalInside(error, context)
  const { opening, bytes } = await peek(body)
  switch (kindOf(opening, headers['content-type'] ?? '')) {
    case 'stream':
      return { kind: 'stream', events: readEvents(bytes), refuse }
    case 'document':
      return { kind: 'document', ...(await readDocument(bytes, row, status)), refuse }
    case 'neither':
      await body.return()
      throw badReply(row, `${row.title} answered with ${opening ? 'something that is no JSON' : 'nothing'}.`, status)
  }
}

/** What came matters more than what it was called: JSON is labelled as a stream, and a stream as text, often enough. */
const kindOf = (opening: string, contentType: string): 'document' | 'stream' | 'neither' => {
  if (opening.startsWith('{') || opening.startsWith('[')) return 'document'
  if (opening.startsWith('<') || opening === '') return 'neither'
  if (/^(data|event|id|retry)?:/.test(opening) || /event-stream/i.test(contentType)) return 'stream'
  return /json/i.test(contentType) ? 'document' : 'neither'
}

/** Reads until the first character that is not white space, and gives the bytes back with what follows them. */
const peek = async (
  body: UpstreamReply['body'],
): Promise<{ opening: string; bytes: AsyncGenerator<Uint8Array, void> }> => {
  let seen: Uint8Array = Buffer.alloc(0)
  let opening = ''
  while (opening.length < longestOpening) {
    const { done, value } = await body.next()
    if (done) break
    seen = Buffer.concat([seen, value])
    opening = new TextDecoder().decode(seen).trimStart()
    // Empty lines keep a connection awake while a model thinks (DeepSeek); they mean nothing in either form.
    if (opening === '') seen = Buffer.alloc(0)
  }
  return { opening, bytes: chain(seen, body) }
}

async function* chain(first: Uint8Array, rest: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array, void> {
  try {
    yield first
    yield* rest
  } finally {
    await rest.return()
  }
}

const readDocument = async (
  bytes: AsyncIterable<Uint8Array>,
  row: ProviderRow,
  status: number,
): Promise<{ value: JsonObject; values: JsonObject[] }> => {
  const read = parseJson(await readText(bytes, Infinity))
  if (read === undefined) throw badReply(row, `${row.title} answered with JSON that is broken or incomplete.`, status)
  const values = (Array.isArray(read) ? read : [read]).map(objectOf).filter((value) => value !== null)
  const [value] = values
  if (!value) throw badReply(row, `${row.title} answered with JSON that is no object.`, status)
  return { value, values }
}

const readText = async (bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxBytes) break
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, Math.min(length, maxBytes)))
}

const badReply = (row: ProviderRow, message: string, upstreamStatus: number): GatewayError =>
  new GatewayError('provider_bad_reply', message, { provider: row.id, upstreamStatus })
