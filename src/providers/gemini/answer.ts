import type { Usage, Warning } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { finishReasonOf } from '../finish.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { createCandidate } from './candidate.ts'
import type { Candidate } from './candidate.ts'
import { readLogprobs } from './logprobs.ts'
import type { CallSignatures } from './signatures.ts'
import { addUsage, readUsage } from './usage.ts'

interface AnswerOptions {
  row: ProviderRow
  warnings: readonly Warning[]
  signatures: CallSignatures
}

/** What of a reply its chunks do not say themselves. */
interface Source {
  kind: 'document' | 'stream'
  refuse(error: Json): GatewayError
}

interface AnswerReader {
  /** A chunk of a stream, or the document, which has the same form. @throws GatewayError the error that it reports */
  chunk(chunk: JsonObject, source: Source): UpstreamEvent[]
  /** After the last chunk of a reply: the token with which the answer goes on in another one; null where it does not. */
  continuation(): string | null
  /** @throws GatewayError provider_cut, provider_bad_reply: what came is no complete answer */
  end(): UpstreamEvent[]
}

interface Choice {
  candidate: Candidate
  /** Google's word for how it ended; null until it said one. */
  native: string | null
}

/** The end of a reply and not of the answer: a request may write only so much at a time. */
const unfinished = 'CONTINUATION'

/** Ends that are none: the model wrote what cannot be read, or stopped for a reason that nobody knows. */
const failures: ReadonlySet<string> = new Set([
  'FINISH_REASON_UNSPECIFIED',
  'IMAGE_OTHER',
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
  'NO_IMAGE',
  'OTHER',
  'TOO_MANY_TOOL_CALLS',
  'UNEXPECTED_TOOL_CALL',
])

/** An answer of Gemini's wire. Finishes and usage are held until the end, when they are known. */
export const createAnswer = ({ row, warnings, signatures }: AnswerOptions): AnswerReader => {
  const choices = new Map<number, Choice>()
  let isWhole = false
  let isIdentified = false
  let isImageTold = false
  let usage: Usage | null = null
  let usageBefore: Usage | null = null
  let token = ''

  const identify = (chunk: JsonObject): UpstreamEvent[] => {
    if (isIdentified) return []
    isIdentified = true
    return [
      { type: 'identity', model: textOf(chunk.modelVersion) || null, responseId: textOf(chunk.responseId) || null },
      ...warnings.map((warning) => ({ type: 'warning' as const, warning })),
    ]
  }

  const choiceAt = (index: number): Choice => {
    const known = choices.get(index)
    if (known) return known
    const created = { candidate: createCandidate(index, signatures), native: null }
    choices.set(index, created)
    return created
  }

  /** An image in an answer has no word in the gateway. */
  const tellImage = (part: JsonObject): UpstreamEvent[] => {
    if (isImageTold || !objectOf(part.inlineData)) return []
    isImageTold = true
    const message = `${row.title} answered with media, which this endpoint cannot carry: left out.`
    return [{ type: 'warning', warning: { code: 'dropped_parameter', param: 'modalities', message } }]
  }

  const readCandidate = (value: Json): UpstreamEvent[] => {
    const described = objectOf(value)
    const content = described?.content
    const parts = objectOf(content)?.parts
    if (!described || !isObjectOrAbsent(content) || (isSaid(parts) && !Array.isArray(parts)))
      throw badReply(row, 'with a candidate that is not of its wire')
    const index = countOf(described.index) ?? 0
    const choice = choiceAt(index)
    const native = textOf(described.finishReason)
    if (failures.has(native)) throw badReply(row, `with an answer that ended with ${native}`)
    if (native !== '') choice.native = native
    token = textOf(described.continuationToken) || token
    const events = listOf(parts).flatMap((entry): UpstreamEvent[] => {
      const part = objectOf(entry)
      // Another type cannot count as absent here: a part of the answer would be missing, and nobody told.
      if (!part || (isSaid(part.text) && typeof part.text !== 'string'))
        throw badReply(row, 'with a part that is not of its wire')
      return [...tellImage(part), ...choice.candidate.read(part)]
    })
    const isFiltered = native !== '' && finishReasonOf(native, false) === 'content_filter'
    const explanation = isFiltered ? textOf(described.finishMessage) : ''
    return [
      ...events,
      ...readLogprobs(objectOf(described.logprobsResult), index),
      ...(explanation === '' ? [] : [{ type: 'refusal' as const, choice: index, text: explanation }]),
    ]
  }

  return {
    chunk(chunk, source) {
      isWhole = source.kind === 'document'
      if (isSaid(chunk.error)) throw source.refuse(chunk)
      if (isSaid(chunk.candidates) && !Array.isArray(chunk.candidates))
        throw badReply(row, 'with candidates that are no list')
      const blocked = textOf(objectOf(chunk.promptFeedback)?.blockReason)
      if (blocked !== '' && choices.size === 0 && listOf(chunk.candidates).length === 0)
        throw blockedPrompt(row, blocked)
      const events = listOf(chunk.candidates).flatMap(readCandidate)
      const counted = addUsage(usageBefore, readUsage(chunk.usageMetadata))
      usage = counted ?? usage
      // Chunks without a candidate bring usage, or nothing; an answer has not begun with them.
      if (choices.size === 0) return []
      return [...identify(chunk), ...(counted ? [{ type: 'partial-usage' as const, usage: counted }] : []), ...events]
    },
    continuation() {
      const [choice, ...others] = choices.values()
      if (choice?.native !== unfinished || others.length > 0 || token === '') return null
      const next = token
      token = ''
      choice.native = null
      usageBefore = usage
      return next
    },
    end() {
      if (choices.size === 0) throw isWhole ? badReply(row, 'without an answer in it') : cut(row)
      if ([...choices.values()].some(({ native }) => native === null || native === unfinished)) throw cut(row)
      const finishes = [...choices].flatMap(([index, { candidate, native }]): UpstreamEvent[] => {
        const owed = candidate.end()
        return [
          ...owed,
          { type: 'finish', choice: index, reason: finishReasonOf(native, candidate.toolCount > 0), native },
        ]
      })
      return usage ? [...finishes, { type: 'usage', usage }] : finishes
    },
  }
}

const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

const isObjectOrAbsent = (value: Json | undefined): boolean => !isSaid(value) || objectOf(value) !== null

const badReply = (row: ProviderRow, fault: string): GatewayError =>
  new GatewayError('provider_bad_reply', `${row.title} answered ${fault}.`, { provider: row.id })

const cut = (row: ProviderRow): GatewayError =>
  new GatewayError('provider_cut', `${row.title} ended its answer without finishing it.`, { provider: row.id })

const blockedPrompt = (row: ProviderRow, reason: string): GatewayError =>
  new GatewayError('content_filtered', `${row.title} refused the request: its prompt was blocked (${reason}).`, {
    provider: row.id,
  })
