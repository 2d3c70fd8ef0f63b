import type OpenAI from 'openai'
import { everywhere, parameters } from './parameters.ts'
import type { Parameter } from './parameters.ts'

type Options = OpenAI.ChatCompletionStreamOptions

/** Everything that OpenAI's client can send for a text completion. */
export type CompletionName =
  | Exclude<keyof OpenAI.CompletionCreateParams, 'stream_options'>
  | `stream_options.${keyof Options}`

/** One honest value of each, and its fate; most are those of a chat. */
export const completionParameters = {
  best_of: { value: 1, ...everywhere('read') },
  echo: { value: true, ...everywhere('read') },
  frequency_penalty: parameters.frequency_penalty,
  logit_bias: parameters.logit_bias,
  logprobs: { value: 3, openai: 'as top_logprobs', anthropic: 'told', compatible: 'as top_logprobs' },
  max_tokens: parameters.max_tokens,
  model: parameters.model,
  n: parameters.n,
  presence_penalty: parameters.presence_penalty,
  prompt: { value: 'Hello there', ...everywhere('as messages') },
  seed: parameters.seed,
  stop: parameters.stop,
  stream: parameters.stream,
  'stream_options.include_obfuscation': parameters['stream_options.include_obfuscation'],
  'stream_options.include_usage': parameters['stream_options.include_usage'],
  suffix: { value: ' The end.', ...everywhere('refused') },
  temperature: parameters.temperature,
  top_p: parameters.top_p,
  user: parameters.user,
} satisfies Record<CompletionName, Parameter>
