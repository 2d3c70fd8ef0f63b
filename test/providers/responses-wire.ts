import type { Json, JsonObject } from '../../src/contract/json.ts'

/** A response in one piece, as the vendor documents it. */
export const response = (output: readonly Json[], fields: JsonObject = {}): JsonObject => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_790_000_000,
  status: 'completed',
  error: null,
  incomplete_details: null,
  model: 'rocket-1',
  output: [...output],
  usage: {
    input_tokens: 12,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 17,
  },
  ...fields,
})

export const message = (text: string, fields: JsonObject = {}): JsonObject => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [], logprobs: [], ...fields }],
})

export const functionCall = (callId: string, name: string, argumentsJson: string): JsonObject => ({
  type: 'function_call',
  id: `fc_${callId}`,
  call_id: callId,
  name,
  arguments: argumentsJson,
  status: 'completed',
})

export const reasoning = (summary: readonly string[], fields: JsonObject = {}): JsonObject => ({
  type: 'reasoning',
  id: 'rs_1',
  summary: summary.map((text) => ({ type: 'summary_text', text })),
  ...fields,
})

/** The opening events of a stream. */
export const opening: readonly JsonObject[] = ['created', 'in_progress'].map((name) => ({
  type: `response.${name}`,
  response: response([], { status: 'in_progress', usage: null }),
}))

/** The events that bring one item: its beginning, these deltas, its end. */
export const itemEvents = (index: number, item: JsonObject, deltas: readonly JsonObject[] = []): JsonObject[] => [
  { type: 'response.output_item.added', output_index: index, item: { ...item, ...emptied(item) } },
  ...deltas.map((delta) => ({ output_index: index, item_id: item.id ?? null, ...delta })),
  { type: 'response.output_item.done', output_index: index, item },
]

const emptied = (item: JsonObject): JsonObject => {
  if (item.type === 'message') return { content: [] }
  return item.type === 'function_call' ? { arguments: '' } : { summary: [] }
}

export const textDelta = (delta: string, part = 0): JsonObject => ({
  type: 'response.output_text.delta',
  content_index: part,
  delta,
  logprobs: [],
})

export const argumentsDelta = (delta: string): JsonObject => ({ type: 'response.function_call_arguments.delta', delta })

export const summaryDelta = (delta: string, part = 0): JsonObject => ({
  type: 'response.reasoning_summary_text.delta',
  summary_index: part,
  delta,
})

/** The last event of a stream. */
export const closing = (output: readonly Json[], fields: JsonObject = {}, name = 'completed'): JsonObject => ({
  type: `response.${name}`,
  response: response(output, fields),
})
