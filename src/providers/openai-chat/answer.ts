import type { AnswerEvent, Usage, Warning } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow, UpstreamEvent } from '../../contract/provider.ts'
import { countOf, listOf, objectOf, textOf } from '../shape.ts'
import { finishReasonOf, isFailure } from '../finish.ts'
import { createReasoning } from './reasoning.ts'
import type { ReasoningReader } from './reasoning.ts'
import { createToolCalls } from './tool-calls.ts'
import type { ToolCallReader } from './tool-calls.ts'
import { readUsage } from './usage.ts'

interface Choice {
  reasoning: ReasoningReader
  toolCalls: ToolCallReader
  /** The provider's word for how it ended; null until it said one. */
  native: string | null
}

interface AnswerOptions {
  row: ProviderRow
  /** The reply is one document rather than a stream of chunks: a document is an answer with a single chunk. */
  isWhole: boolean
  warnings: readonly Warning[]
  refuse: (error: Json) => GatewayError
}

interface AnswerReader {
  /** @throws GatewayError the error that the chunk reports */
  chunk(chunk: JsonObject): UpstreamEvent[]
  /** @throws GatewayError provider_cut, provider_bad_reply: what came is no complete answer */
  end(): UpstreamEvent[]
}

/** An answer of the chat wire, chunk by chunk. Finishes and usage are held until the end, when they are known. */
export const createAnswer = ({ row, isWhole, warnings, refuse }: AnswerOptions): AnswerReader => {
  const choices = new Map<number, Choice>()
  let isIdentified = false
  let usage: Usage | null = null

  const identify = (chunk: JsonObject): UpstreamEvent[] => {
    if (isIdentified) return []
    isIdentified = true
    return [
      { type: 'identity', model: textOf(chunk.model) || null, responseId: textOf(chunk.id) || null },
      ...warnings.map((warning) => ({ type: 'warning' as const, warning })),
    ]
  }

  const choiceAt = (index: number): Choice => {
    const known = choices.get(index)
    if (known) return known
    const created = { reasoning: createReasoning(index), toolCalls: createToolCalls(index, isWhole), native: null }
    choices.set(index, created)
    return created
  }

  const readChoice = (value: JsonObject): AnswerEvent[] => {
    const delta = objectOf(value.delta) ?? objectOf(value.message)
    if (!delta && isSaid(value.delta ?? value.message)) throw badReply(row, 'with a message that is no object')
    if (isSaid(delta?.content) && typeof delta.content !== 'string' && !Array.isArray(delta.content))
      throw badReply(row, 'with content that is no text')
    const native = textOf(value.finish_reason)
    if (isReported(value.error)) throw refuse({ error: value.error })
    if (isFailure(native)) throw refuse({ message: `It ended with "${native}".`, code: native })
    // A last chunk with `choices: [{}]` carries usage and nothing else.
    if (!delta && native === '') return []
    const index = countOf(value.index) ?? 0
    const choice = choiceAt(index)
    if (native !== '') choice.native = native
    return [...(delta ? readDelta(delta, index, choice) : []), ...readLogprobs(objectOf(value.logprobs), index)]
  }

  return {
    chunk(chunk) {
      // vLLM's and Mistral's errors are an object by themselves.
      if (isReported(chunk.error) || chunk.object === 'error') throw refuse(chunk)
      if (isSaid(chunk.choices) && !Array.isArray(chunk.choices)) throw badReply(row, 'with choices that are no list')
      const values = listOf(chunk.choices).map(objectOf)
      // Groq tells usage in a corner of its own as well, and there alone in older streams.
      usage = readUsage(chunk.usage) ?? readUsage(objectOf(chunk.x_groq)?.usage) ?? usage
      const events = values.flatMap((value) => (value ? readChoice(value) : []))
      // Azure's first chunk has filter results, and neither a choice nor a model.
      return choices.size > 0 ? [...identify(chunk), ...events] : events
    },
    end() {
      const unended = [...choices.values()].some(({ native }) => native === null)
      if (isWhole && choices.size === 0) throw badReply(row, 'without an answer in it')
      if (!isWhole && (choices.size === 0 || unended)) throw cut(row)
      const finishes = [...choices].flatMap(([index, { native, toolCalls }]): UpstreamEvent[] => {
        const owed = toolCalls.end()
        if (owed === null) throw badReply(row, 'with a tool call that has no name')
        const reason = finishReasonOf(native, toolCalls.count > 0)
        return [...owed, { type: 'finish', choice: index, reason, native }]
      })
      return usage ? [...finishes, { type: 'usage', usage }] : finishes
    },
  }
}

const readDelta = (delta: JsonObject, choice: number, { reasoning, toolCalls }: Choice): AnswerEvent[] => {
  const events = [...reasoning.read(delta), ...readContent(delta.content, choice, reasoning)]
  const refusal = textOf(delta.refusal)
  if (refusal !== '') events.push({ type: 'refusal', choice, text: refusal })
  const legacy = objectOf(delta.function_call)
  events.push(...toolCalls.read(legacy ? [{ index: 0, function: legacy }] : listOf(delta.tool_calls)))
  return events
}

/** Text, or Mistral's list of parts. */
const readContent = (content: Json | undefined, choice: number, reasoning: ReasoningReader): AnswerEvent[] => {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', choice, text: content }]
  return listOf(content).flatMap((value): AnswerEvent[] => {
    const part = objectOf(value)
    if (part?.type === 'thinking') return reasoning.readPart(part)
    const text = textOf(part?.text)
    return text === '' ? [] : [{ type: 'text', choice, text }]
  })
}

const readLogprobs = (logprobs: JsonObject | null, choice: number): AnswerEvent[] => {
  const content = logprobs?.content ?? null
  const refusal = logprobs?.refusal ?? null
  if (content === null && refusal === null) return []
  return [{ type: 'logprobs', choice, content, ...(refusal === null ? {} : { refusal }) }]
}

/**
 * Whether a field that carries the answer says something. Of another type than it should be, it cannot count as absent:
 * a part of the answer would be missing, and nobody told.
 */
const isSaid = (value: Json | undefined): value is Json => value !== undefined && value !== null

const isReported = (error: Json | undefined): error is Json => error !== undefined && error !== null && error !== ''

const badReply = (row: ProviderRow, fault: string): GatewayError =>
  new GatewayError('provider_bad_reply', `${row.title} answered ${fault}.`, { provider: row.id })

const cut = (row: ProviderRow): GatewayError =>
  new GatewayError('provider_cut', `${row.title} ended its answer without finishing it.`, { provider: row.id })
