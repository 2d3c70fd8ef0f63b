import type { Warning } from '../../contract/chat.ts'
import type { Origin } from '../../contract/responses-items.ts'
import { readResponsesBody } from '../../contract/responses-request.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import { headerOf } from '../exchange.ts'
import type { Frames, InboundWire } from '../inbound.ts'
import type { Rename } from '../own-words.ts'
import { createResponseEvents, errorFrame } from './responses/events.ts'
import { responseDocument } from './responses/object.ts'

/** `POST /v1/responses`: stateless, the whole conversation each time. */
export const createResponsesWire = (known: KnownNames): InboundWire => ({
  read(body, { req }) {
    const { request, stream, echo, origins, warnings } = readResponsesBody(body, known, headerOf(req, 'cache-control'))
    return {
      request,
      stream,
      rename: renameBy(origins),
      document: (answer) => responseDocument(withOwn(answer, warnings), echo),
      frames: (served, createdS): Frames => {
        const events = createResponseEvents(served, { createdS, echo })
        return { ...events, end: (end) => events.end(withOwn(end, warnings)) }
      },
    }
  },
  errorFrame: (error, requestId) => errorFrame(error, requestId, 0),
})

/** What the wire itself leaves out is told before what a provider does. */
const withOwn = <Said extends { warnings: readonly Warning[] }>(said: Said, own: readonly Warning[]): Said => ({
  ...said,
  warnings: [...own, ...said.warnings],
})

const words: ReadonlyMap<string, string> = new Map([
  ['max_tokens', 'max_output_tokens'],
  ['reasoning_effort', 'reasoning.effort'],
  ['response_format', 'text.format'],
  ['verbosity', 'text.verbosity'],
  ['logprobs', 'top_logprobs'],
])

/** The gateway's path of a field in this wire's words; `origins` say where each message was said. */
const renameBy =
  (origins: readonly Origin[]): Rename =>
  (param) => {
    const [, field = '', rest = ''] = /^(\w+)(.*)$/s.exec(param) ?? []
    if (field === 'messages') return originOf(rest, origins)
    if (field === 'tools' || field === 'tool_choice') return field + rest.replace('.function', '')
    if (field === 'response_format') return `text.format${rest.replace('.json_schema', '')}`
    const own = words.get(field)
    return own === undefined ? param : own + rest
  }

/** Of a message that is several items the first is named, and none of its parts. */
const originOf = (path: string, origins: readonly Origin[]): string => {
  const [, index, content, part = ''] = /^\[(\d+)\](\.content)?(\[\d+\])?/.exec(path) ?? []
  const origin = index === undefined ? undefined : origins[Number(index)]
  if (origin === undefined) return 'input'
  return content !== undefined && origin.parts !== null ? origin.parts + part : origin.at
}
