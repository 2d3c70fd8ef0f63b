import type { Json, JsonObject } from '../../src/contract/json.ts'

/** A chunk of OpenAI's chat wire with one choice, as the vendor documents it. */
export const chunk = (
  delta: JsonObject,
  { finish = null, ...rest }: { finish?: string | null } & JsonObject = {},
): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1_790_000_000,
  model: 'rocket-1',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  ...rest,
})

/** A completion in one piece. */
export const completion = (
  message: JsonObject,
  { finish = 'stop', ...rest }: { finish?: string } & JsonObject = {},
): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_790_000_000,
  model: 'rocket-1',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: finish }],
  ...rest,
})

/** The events of an Anthropic stream around some blocks, as the vendor documents them. */
export const anthropicEvents = (
  blocks: readonly { start: JsonObject; deltas?: readonly JsonObject[] }[],
  { stop = 'end_turn', usage = { input_tokens: 12, output_tokens: 5 } }: { stop?: string; usage?: JsonObject } = {},
): JsonObject[] => [
  messageStart(usage),
  ...blocks.flatMap(({ start, deltas = [] }, index) => [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]),
  {
    type: 'message_delta',
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: usage.output_tokens ?? 0 },
  },
  { type: 'message_stop' },
]

export const messageStart = (usage: JsonObject): JsonObject => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'rocket-1',
    content: [],
    stop_reason: null,
    usage: { ...usage, output_tokens: 1 },
  },
})

export const anthropicMessage = (
  content: Json[],
  { stop = 'end_turn', usage = { input_tokens: 12, output_tokens: 5 } }: { stop?: string; usage?: JsonObject } = {},
): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'rocket-1',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage,
})

/** Anthropic names its events; nothing depends on the names, which some clones leave out. */
export const named = (events: readonly JsonObject[]): string =>
  events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** A chunk of a Gemini stream, or its document, with one candidate. Usage says 12 tokens in, 5 out. */
export const geminiChunk = (
  parts: Json[],
  {
    finish,
    candidate = {},
    usage = { promptTokenCount: 12, candidatesTokenCount: 5, totalTokenCount: 17 },
    ...rest
  }: {
    finish?: string
    /** More fields of the candidate. */
    candidate?: JsonObject
    usage?: JsonObject
  } & JsonObject = {},
): JsonObject => ({
  candidates: [
    {
      content: { role: 'model', parts },
      index: 0,
      ...(finish === undefined ? {} : { finishReason: finish }),
      ...candidate,
    },
  ],
  usageMetadata: usage,
  modelVersion: 'rocket-1',
  responseId: 'response-1',
  ...rest,
})
