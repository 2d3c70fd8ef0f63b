import type { FinishReason } from '../contract/chat.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  incomplete: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  refusal: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  prohibited_content: 'content_filter',
  blocklist: 'content_filter',
  spii: 'content_filter',
  sensitive: 'content_filter',
  language: 'content_filter',
  model_armor: 'content_filter',
  image_safety: 'content_filter',
  image_prohibited_content: 'content_filter',
  image_recitation: 'content_filter',
}

/** Words that stand where a finish should and say that there is no answer (Mistral, OpenRouter; DeepSeek; vLLM). */
const failures: ReadonlySet<string> = new Set(['error', 'insufficient_system_resource', 'abort'])

export const isFailure = (native: string): boolean => failures.has(native.toLowerCase())

/**
 * A provider's word for how a choice ended. Whether tools are called is seen, not believed: some say `stop` beside
 * calls, and some `tool_calls` without any.
 */
export const finishReasonOf = (native: string | null, hasCalls: boolean): FinishReason => {
  const reason = reasons[native?.toLowerCase() ?? ''] ?? 'stop'
  if (reason === 'stop' && hasCalls) return 'tool_calls'
  return reason === 'tool_calls' && !hasCalls ? 'stop' : reason
}
