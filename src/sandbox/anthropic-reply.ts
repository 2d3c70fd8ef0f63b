import type { JsonObject } from '../contract/json.ts'
import type { Answer, Choice } from './answer.ts'
import { piecesOf } from './cut.ts'
import { hashText } from './hash.ts'
import { parseJson } from './read-body.ts'
import type { SseEvent } from './score.ts'

/** How an answer is shown beyond its content. */
interface Show {
  model: string
  /** Thinking happens and is signed, and its text stays away. */
  omitThinking: boolean
}

/** What proves that thinking given back was thought here. */
export const signThinking = (thinking: string): string =>
  Buffer.from(hashText('thinking', thinking), 'hex').toString('base64')

/** An answer as a `message`. */
export const anthropicMessage = (answer: Answer, show: Show): JsonObject => ({
  ...messageOf(answer, show),
  content: blocksOf(answer, show).map(({ block }) => block),
  ...stopOf(answer.choices[0]),
  usage: { ...inputUsageOf(answer), ...outputUsageOf(answer) },
})

/** An answer as the events of a stream, `message_start` to `message_stop`. */
export const anthropicEvents = (answer: Answer, show: Show): SseEvent[] => [
  event('open', 'message_start', {
    message: {
      ...messageOf(answer, show),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...inputUsageOf(answer), output_tokens: 1 },
    },
  }),
  ...blocksOf(answer, show).flatMap(({ start, deltas }, index) => [
    event('open', 'content_block_start', { index, content_block: start }),
    ...(index === 0 ? [event('ping', 'ping', {})] : []),
    ...deltas.map((delta) => event('content', 'content_block_delta', { index, delta })),
    event('open', 'content_block_stop', { index }),
  ]),
  event('usage', 'message_delta', {
    delta: stopOf(answer.choices[0]),
    usage: { ...cumulativeInputOf(answer), ...outputUsageOf(answer) },
  }),
  event('done', 'message_stop', {}),
]

const event = (part: SseEvent['part'], name: string, data: JsonObject): SseEvent => ({
  part,
  name,
  data: { type: name, ...data },
})

interface Block {
  /** As it stands in a message. */
  block: JsonObject
  /** As its stream begins. */
  start: JsonObject
  deltas: readonly JsonObject[]
}

const blocksOf = ({ choices: [choice] }: Answer, { omitThinking }: Show): readonly Block[] => {
  if (choice === undefined) return []
  return [
    ...(choice.reasoning === '' ? [] : [thinkingBlock(omitThinking ? '' : choice.reasoning)]),
    ...(choice.text === '' ? [] : [textBlock(choice.text)]),
    ...choice.toolCalls.map(toolBlock),
  ]
}

const thinkingBlock = (thinking: string): Block => {
  const signature = signThinking(thinking)
  return {
    block: { type: 'thinking', thinking, signature },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...piecesOf(thinking).map((text) => ({ type: 'thinking_delta', thinking: text })),
      { type: 'signature_delta', signature },
    ],
  }
}

const textBlock = (text: string): Block => ({
  block: { type: 'text', text, citations: null },
  start: { type: 'text', text: '', citations: null },
  deltas: piecesOf(text).map((piece) => ({ type: 'text_delta', text: piece })),
})

const toolBlock = ({ id, name, argumentsJson }: Choice['toolCalls'][number]): Block => {
  const start = { type: 'tool_use', id: `toolu_${id}`, name, input: {} }
  return {
    // Arguments that `max_tokens` broke off have no value; a message then shows none.
    block: { ...start, input: parseJson(argumentsJson) ?? {} },
    start,
    deltas: piecesOf(argumentsJson).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  }
}

const messageOf = (answer: Answer, { model }: Show): JsonObject => ({
  id: `msg_${answer.id}`,
  type: 'message',
  role: 'assistant',
  model,
})

const stopOf = (choice: Choice | undefined): JsonObject => ({
  stop_reason: stopReasonOf(choice),
  stop_sequence: choice?.stopSequence ?? null,
})

const stopReasonOf = (choice: Choice | undefined): string => {
  switch (choice?.finish) {
    case 'length':
      return 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'stop':
    case undefined:
      return choice?.stopSequence == null ? 'end_turn' : 'stop_sequence'
  }
}

/** On this wire `input_tokens` leaves out what the prompt cache read or wrote. */
const cumulativeInputOf = ({ usage: { inputTokens, cached } }: Answer): JsonObject => ({
  input_tokens: inputTokens - cached.read - cached.write5m - cached.write1h,
  cache_creation_input_tokens: cached.write5m + cached.write1h,
  cache_read_input_tokens: cached.read,
})

const inputUsageOf = (answer: Answer): JsonObject => ({
  ...cumulativeInputOf(answer),
  cache_creation: {
    ephemeral_5m_input_tokens: answer.usage.cached.write5m,
    ephemeral_1h_input_tokens: answer.usage.cached.write1h,
  },
  service_tier: 'standard',
})

const outputUsageOf = ({ usage }: Answer): JsonObject => ({
  output_tokens: usage.outputTokens,
  ...(usage.reasoningTokens > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoningTokens } } : {}),
})
