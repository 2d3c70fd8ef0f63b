import type { JsonObject } from '../contract/json.ts'
import type { Answer, Choice } from './answer.ts'
import { piecesOf } from './cut.ts'
import type { ResponsesBody } from './responses-body.ts'
import { encryptThoughts } from './responses-thoughts.ts'
import type { SseEvent } from './score.ts'

/** An answer as a `response`. */
export const responsesResponse = (answer: Answer, asked: ResponsesBody): JsonObject => ({
  ...frameOf(answer, asked),
  ...endOf(answer.choices[0]),
  output: itemsOf(answer, asked).map(({ item }) => item),
  usage: usageOf(answer),
})

/** An answer as the events of a stream, `response.created` to its end; each is numbered. */
export const responsesEvents = (answer: Answer, asked: ResponsesBody): SseEvent[] => {
  const begun = { ...frameOf(answer, asked), status: 'in_progress', incomplete_details: null, output: [], usage: null }
  const isWhole = answer.choices[0]?.finish !== 'length'
  const events: SseEvent[] = [
    event('open', 'response.created', { response: begun }),
    event('open', 'response.in_progress', { response: begun }),
    ...itemsOf(answer, asked).flatMap(({ item, start, events: inside }, index) => [
      event('open', 'response.output_item.added', { output_index: index, item: start }),
      ...inside.map(([part, name, fields]) =>
        event(part, name, { item_id: item['id'] ?? null, output_index: index, ...fields }),
      ),
      event('open', 'response.output_item.done', { output_index: index, item }),
    ]),
    event('done', `response.${isWhole ? 'completed' : 'incomplete'}`, { response: responsesResponse(answer, asked) }),
  ]
  return events.map(({ data, ...rest }, number) => ({
    ...rest,
    data: data === '[DONE]' ? data : { ...data, sequence_number: number },
  }))
}

const event = (part: SseEvent['part'], name: string, data: JsonObject): SseEvent => ({
  part,
  name,
  data: { type: name, ...data },
})

interface Item {
  /** As it stands in a response. */
  item: JsonObject
  /** As its stream begins. */
  start: JsonObject
  /** What comes between its beginning and its end. */
  events: readonly [part: SseEvent['part'], name: string, fields: JsonObject][]
}

const itemsOf = ({ id, choices: [choice] }: Answer, asked: ResponsesBody): readonly Item[] => {
  if (choice === undefined) return []
  const status = choice.finish === 'length' ? 'incomplete' : 'completed'
  return [
    ...(choice.reasoning === '' ? [] : [reasoningItem(id, choice.reasoning, asked)]),
    ...(choice.text === '' ? [] : [messageItem(id, choice.text, status)]),
    ...choice.toolCalls.map((call) => callItem(call, status)),
  ]
}

/** Thoughts are shown where a summary is asked for, and given along where they are asked for encrypted. */
const reasoningItem = (id: string, thoughts: string, { reasoning, include }: ResponsesBody): Item => {
  const start = { id: `rs_${id}`, type: 'reasoning', summary: [] }
  const given = include?.includes('reasoning.encrypted_content') ? { encrypted_content: encryptThoughts(thoughts) } : {}
  if (!reasoning?.summary) return { item: { ...start, ...given }, start, events: [] }
  const whole = { type: 'summary_text', text: thoughts }
  const at = { summary_index: 0 }
  return {
    item: { ...start, summary: [whole], ...given },
    start,
    events: [
      ['open', 'response.reasoning_summary_part.added', { ...at, part: { ...whole, text: '' } }],
      ...deltasOf('response.reasoning_summary_text.delta', thoughts, at),
      ['open', 'response.reasoning_summary_text.done', { ...at, text: thoughts }],
      ['open', 'response.reasoning_summary_part.done', { ...at, part: whole }],
    ],
  }
}

const messageItem = (id: string, text: string, status: string): Item => {
  const start = { id: `msg_${id}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  const whole = { type: 'output_text', text, annotations: [], logprobs: [] }
  const at = { content_index: 0 }
  return {
    item: { ...start, status, content: [whole] },
    start,
    events: [
      ['open', 'response.content_part.added', { ...at, part: { ...whole, text: '' } }],
      ...deltasOf('response.output_text.delta', text, { ...at, logprobs: [] }),
      ['open', 'response.output_text.done', { ...at, text, logprobs: [] }],
      ['open', 'response.content_part.done', { ...at, part: whole }],
    ],
  }
}

const callItem = ({ id, name, argumentsJson }: Choice['toolCalls'][number], status: string): Item => {
  const start = { id: `fc_${id}`, type: 'function_call', status: 'in_progress', call_id: `call_${id}`, name }
  return {
    item: { ...start, status, arguments: argumentsJson },
    start: { ...start, arguments: '' },
    events: [
      ...deltasOf('response.function_call_arguments.delta', argumentsJson, {}),
      ['open', 'response.function_call_arguments.done', { name, arguments: argumentsJson }],
    ],
  }
}

const deltasOf = (name: string, text: string, at: JsonObject): Item['events'] =>
  piecesOf(text).map((delta) => ['content', name, { ...at, delta }])

const frameOf = (answer: Answer, asked: ResponsesBody): JsonObject => ({
  id: `resp_${answer.id}`,
  object: 'response',
  created_at: Math.floor(answer.createdAtMs / 1000),
  model: asked.model,
  error: null,
  instructions: asked.instructions ?? null,
  max_output_tokens: asked.max_output_tokens ?? null,
  metadata: {},
  parallel_tool_calls: asked.parallel_tool_calls ?? true,
  previous_response_id: null,
  reasoning: { effort: asked.reasoning?.effort ?? null, summary: asked.reasoning?.summary ?? null },
  service_tier: 'default',
  store: asked.store ?? true,
  temperature: asked.temperature ?? 1,
  text: { format: { type: asked.text?.format?.type ?? 'text' } },
  tool_choice: typeof asked.tool_choice === 'object' ? 'required' : (asked.tool_choice ?? 'auto'),
  tools: [],
  top_p: asked.top_p ?? 1,
  truncation: 'disabled',
})

const endOf = (choice: Choice | undefined): JsonObject =>
  choice?.finish === 'length'
    ? { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
    : { status: 'completed', incomplete_details: null }

const usageOf = ({ usage }: Answer): JsonObject => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: { cached_tokens: usage.cached.read, cache_write_tokens: 0 },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  total_tokens: usage.inputTokens + usage.outputTokens,
})
