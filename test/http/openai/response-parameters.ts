import type OpenAI from 'openai'
import { everywhere, openaiAlone, schema } from './parameters.ts'
import type { Parameter } from './parameters.ts'

type Params = OpenAI.Responses.ResponseCreateParams

/** Everything that OpenAI's client can send for a response. */
export type ResponseName =
  | Exclude<keyof Params, 'stream_options' | 'text'>
  | 'reasoning.effort'
  | `text.${keyof OpenAI.Responses.ResponseTextConfig}`
  | `stream_options.${keyof OpenAI.Responses.ResponseCreateParams.StreamOptions}`

const described = { name: 'add', parameters: { type: 'object', properties: { a: { type: 'number' } } }, strict: false }
const tools = [{ type: 'function', ...described }]
const model = { openai: 'gpt-6-luna', compatible: 'groq:openai/gpt-oss-120b' }
const lies = everywhere('refused')

/** One honest value of each, and its fate at the same providers as a chat's. */
export const responseParameters = {
  access_programs: { value: { cyber: 'standard' }, ...everywhere('told') },
  background: { value: true, ...lies },
  context_management: { value: [{ type: 'compaction' }], ...everywhere('told') },
  conversation: { value: 'conv_1', ...lies },
  image: { value: { context_compression: 'auto' }, ...everywhere('told') },
  include: { value: ['reasoning.encrypted_content'], ...everywhere('read') },
  input: { value: 'Hello there', ...everywhere('as messages') },
  instructions: { value: 'Be brief.', openai: 'as messages', anthropic: 'as system', compatible: 'as messages' },
  max_output_tokens: {
    value: 50,
    openai: 'as max_completion_tokens',
    anthropic: 'as max_tokens',
    compatible: 'as max_tokens',
  },
  max_tool_calls: { value: 3, ...everywhere('read') },
  metadata: { value: { team: 'a' }, openai: 'sent', anthropic: 'read', compatible: 'read' },
  model: { value: 'auto', ...everywhere('sent') },
  moderation: { value: { model: 'omni-moderation-latest' }, ...openaiAlone },
  parallel_tool_calls: {
    value: false,
    with: { tools },
    openai: 'sent',
    anthropic: 'as tool_choice',
    compatible: 'sent',
  },
  previous_response_id: { value: 'resp_1', ...lies },
  prompt: { value: { id: 'pmpt_1' }, ...lies },
  prompt_cache_key: { value: 'k', ...openaiAlone },
  prompt_cache_options: { value: { mode: 'explicit' }, ...openaiAlone },
  prompt_cache_retention: { value: '24h', ...openaiAlone },
  reasoning: { value: { summary: 'auto' }, models: model, ...everywhere('told') },
  'reasoning.effort': {
    value: 'low',
    models: model,
    openai: 'as reasoning_effort',
    anthropic: 'as output_config',
    compatible: 'as reasoning_effort',
  },
  safety_identifier: { value: 's', ...openaiAlone },
  service_tier: { value: 'flex', ...openaiAlone },
  store: { value: true, ...everywhere('told') },
  stream: { value: true, ...everywhere('sent') },
  'stream_options.include_obfuscation': { value: true, with: { stream: true }, ...everywhere('told') },
  temperature: { value: 0.5, ...everywhere('sent') },
  'text.format': {
    value: { type: 'json_schema', name: 'answer', schema },
    openai: 'as response_format',
    anthropic: 'as output_config',
    compatible: 'as response_format',
  },
  'text.verbosity': { value: 'low', openai: 'as verbosity', anthropic: 'told', compatible: 'told' },
  tool_choice: { value: 'required', with: { tools }, ...everywhere('sent') },
  tools: { value: tools, ...everywhere('sent') },
  top_logprobs: { value: 3, openai: 'sent', anthropic: 'told', compatible: 'sent' },
  top_p: { value: 0.5, ...everywhere('sent') },
  truncation: { value: 'auto', ...everywhere('told') },
  user: { value: 'u', openai: 'sent', anthropic: 'as metadata', compatible: 'read' },
} satisfies Record<ResponseName, Parameter>
