import type OpenAI from 'openai'
import type { JsonObject, Json } from '../../../src/contract/json.ts'

type Options = OpenAI.ChatCompletionStreamOptions

/** Everything that OpenAI's client can send with a chat completion: a new version's new parameter is an error of types here. */
export type Name =
  | Exclude<keyof OpenAI.ChatCompletionCreateParams, 'stream_options'>
  | `stream_options.${keyof Options}`

type KeysOf<Union> = Union extends unknown ? keyof Union : never
type Turns = KeysOf<OpenAI.ChatCompletionMessageParam>
type Parts = KeysOf<OpenAI.ChatCompletionContentPart | OpenAI.ChatCompletionContentPartRefusal>

/** What becomes of a parameter. */
type Fate =
  /** It is in the request to the provider, under its own name. */
  | 'sent'
  /** It is there under another. */
  | `as ${string}`
  /** The gateway acts on it, or it marks the caller's bill, and the provider does not see it. */
  | 'read'
  /** The provider does not take it, and a warning names it. */
  | 'told'
  /** The request is refused, and the error names it. */
  | 'refused'

export interface Parameter {
  value: Json
  /** What it makes sense with. */
  with?: JsonObject
  /** Models that take it, where the usual ones do not. */
  models?: { openai: string; compatible: string }
  openai: Fate
  anthropic: Fate
  compatible: Fate
}

export const everywhere = (fate: Fate) => ({ openai: fate, anthropic: fate, compatible: fate })
export const openaiAlone = { openai: 'sent', anthropic: 'told', compatible: 'told' } as const
const openaiShaped = { openai: 'sent', anthropic: 'told', compatible: 'sent' } as const

const described = { name: 'add', parameters: { type: 'object', properties: { a: { type: 'number' } } } }
const tools = [{ type: 'function', function: described }]
export const schema = {
  type: 'object',
  properties: { a: { type: 'number' } },
  required: ['a'],
  additionalProperties: false,
}

/** One honest value of each, and its fate at OpenAI, at Anthropic, and at a provider that knows nothing but the common wire. */
export const parameters = {
  audio: { value: { voice: 'alloy', format: 'mp3' }, ...openaiAlone },
  frequency_penalty: { value: 0.5, ...openaiShaped },
  function_call: { value: { name: 'add' }, with: { functions: [described] }, ...everywhere('as tool_choice') },
  functions: { value: [described], ...everywhere('as tools') },
  logit_bias: { value: { '50': 1 }, ...openaiShaped },
  logprobs: { value: true, ...openaiShaped },
  max_completion_tokens: { value: 50, openai: 'sent', anthropic: 'as max_tokens', compatible: 'as max_tokens' },
  max_tokens: { value: 50, openai: 'as max_completion_tokens', anthropic: 'sent', compatible: 'sent' },
  messages: { value: [{ role: 'user', content: 'Hello there' }], ...everywhere('sent') },
  metadata: { value: { team: 'a' }, openai: 'sent', anthropic: 'read', compatible: 'read' },
  modalities: { value: ['text'], ...everywhere('read') },
  model: { value: 'auto', ...everywhere('sent') },
  moderation: { value: { model: 'omni-moderation-latest' }, ...openaiAlone },
  n: { value: 2, openai: 'sent', anthropic: 'refused', compatible: 'sent' },
  parallel_tool_calls: {
    value: false,
    with: { tools },
    openai: 'sent',
    anthropic: 'as tool_choice',
    compatible: 'sent',
  },
  prediction: { value: { type: 'content', content: 'one' }, ...openaiAlone },
  presence_penalty: { value: 0.5, ...openaiShaped },
  prompt_cache_key: { value: 'k', ...openaiAlone },
  prompt_cache_options: { value: { mode: 'explicit' }, ...openaiAlone },
  prompt_cache_retention: { value: '24h', ...openaiAlone },
  reasoning_effort: {
    value: 'low',
    models: { openai: 'gpt-6-luna', compatible: 'groq:openai/gpt-oss-120b' },
    openai: 'sent',
    anthropic: 'as output_config',
    compatible: 'sent',
  },
  response_format: {
    value: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    openai: 'sent',
    anthropic: 'as output_config',
    compatible: 'sent',
  },
  safety_identifier: { value: 's', ...openaiAlone },
  seed: { value: 7, ...openaiShaped },
  service_tier: { value: 'flex', ...openaiAlone },
  stop: { value: ['END'], openai: 'sent', anthropic: 'as stop_sequences', compatible: 'sent' },
  store: { value: true, ...openaiAlone },
  stream: { value: true, ...everywhere('sent') },
  'stream_options.include_obfuscation': { value: true, with: { stream: true }, ...everywhere('told') },
  'stream_options.include_usage': {
    value: true,
    with: { stream: true },
    openai: 'sent',
    anthropic: 'read',
    compatible: 'sent',
  },
  temperature: { value: 0.5, ...everywhere('sent') },
  tool_choice: { value: 'required', with: { tools }, ...everywhere('sent') },
  tools: { value: tools, ...everywhere('sent') },
  top_logprobs: { value: 3, with: { logprobs: true }, ...openaiShaped },
  top_p: { value: 0.5, ...everywhere('sent') },
  user: { value: 'u', openai: 'sent', anthropic: 'as metadata', compatible: 'read' },
  verbosity: { value: 'low', ...openaiAlone },
  web_search_options: { value: {}, ...openaiAlone },
} satisfies Record<Name, Parameter>

const says = (fields: JsonObject): JsonObject[] => [{ role: 'user', content: 'Hi', ...fields }]
const shows = (part: JsonObject): JsonObject[] => says({ content: [{ type: 'text', text: 'Hi' }, part] })
const called = { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{}' } }
const before = (turn: JsonObject): JsonObject[] => [
  ...says({}),
  { role: 'assistant', content: 'Well', ...turn },
  ...says({}),
]
const answered = [
  ...says({}),
  { role: 'assistant', content: null, tool_calls: [called] },
  { role: 'tool', tool_call_id: 'call_1', content: '1' },
]
const image = { url: 'data:image/png;base64,aGVsbG8=' }
const pdf = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGVsbG8=' }

interface Turn {
  messages: JsonObject[]
  /** A text of the request to the provider, where the provider is given it. */
  openai: string | { refused: string }
  /** Or the field that a warning names. */
  anthropic: string | { refused: string } | { told: string }
}

/** The same of the fields of messages and of their parts, at OpenAI and at Anthropic. */
export const turns = {
  'messages[].audio': {
    messages: before({ audio: { id: 'audio_1' } }),
    openai: { refused: 'messages[1].audio' },
    anthropic: { refused: 'messages[1].audio' },
  },
  'messages[].content': { messages: says({ content: 'Bonjour' }), openai: 'Bonjour', anthropic: 'Bonjour' },
  'messages[].function_call': {
    messages: [
      ...says({}),
      { role: 'assistant', content: null, function_call: called.function },
      { role: 'function', name: 'add', content: '1' },
    ],
    openai: '"tool_calls":[{"id":"call_function_0"',
    anthropic: '"type":"tool_use","id":"call_function_0"',
  },
  'messages[].name': { messages: says({ name: 'ada' }), openai: '"name":"ada"', anthropic: { told: 'messages' } },
  'messages[].refusal': { messages: before({ refusal: 'No way' }), openai: '"refusal":"No way"', anthropic: 'No way' },
  'messages[].role': { messages: before({}), openai: '"role":"assistant"', anthropic: '"role":"assistant"' },
  'messages[].tool_call_id': {
    messages: answered,
    openai: '"tool_call_id":"call_1"',
    anthropic: '"tool_use_id":"call_1"',
  },
  'messages[].tool_calls': { messages: answered, openai: '"tool_calls"', anthropic: '"type":"tool_use"' },
  'messages[].content[].file': {
    messages: shows({ type: 'file', file: pdf }),
    openai: '"type":"file"',
    anthropic: '"type":"document","source":{"type":"base64","media_type":"application/pdf"',
  },
  'messages[].content[].image_url': {
    messages: shows({ type: 'image_url', image_url: { ...image, detail: 'low' } }),
    openai: '"detail":"low"',
    anthropic: { told: 'messages' },
  },
  'messages[].content[].input_audio': {
    messages: shows({ type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } }),
    openai: '"type":"input_audio"',
    anthropic: { refused: 'messages' },
  },
  'messages[].content[].prompt_cache_breakpoint': {
    messages: shows({ type: 'text', text: 'Long', prompt_cache_breakpoint: { mode: 'explicit' } }),
    openai: '"text":"Long","prompt_cache_breakpoint":{"mode":"explicit"}',
    anthropic: { told: 'prompt_cache_breakpoint' },
  },
  'messages[].content[].refusal': {
    messages: before({ content: [{ type: 'refusal', refusal: 'No way' }] }),
    openai: '"refusal":"No way"',
    anthropic: 'No way',
  },
  'messages[].content[].text': {
    messages: shows({ type: 'text', text: 'Bonjour' }),
    openai: 'Bonjour',
    anthropic: 'Bonjour',
  },
  'messages[].content[].type': {
    messages: shows({ type: 'input_text', text: 'Bonjour' }),
    openai: { refused: 'messages[0].content[1].type' },
    anthropic: { refused: 'messages[0].content[1].type' },
  },
} satisfies Record<`messages[].${Turns}` | `messages[].content[].${Parts}`, Turn>

const inWords: Readonly<Record<string, string>> = { told: 'left out, told', refused: 'refused' }

const fateInWords = (fate: Fate): string =>
  fate.startsWith('as ') ? `as \`${fate.slice('as '.length)}\`` : (inWords[fate] ?? fate)

/** A table of docs/http-api.md. */
export const parameterTable = (all: Readonly<Record<string, Parameter>>): string => {
  const rows = Object.entries(all).map(([name, { openai, anthropic, compatible }]) =>
    [`\`${name}\``, fateInWords(openai), fateInWords(anthropic), fateInWords(compatible)].join(' | '),
  )
  const head = ['Parameter', 'OpenAI', 'Anthropic', 'Other OpenAI-shaped providers'].join(' | ')
  return [head, '--- | --- | --- | ---', ...rows].map((row) => `| ${row} |\n`).join('')
}
