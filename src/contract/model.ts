import type { Effort } from './chat.ts'
import type { Task } from './plan.ts'

/** What a deployment's wire wants, per model: data, so that no dialect knows a model by name. */
export interface WireFlags {
  maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** Whether temperature, top_p and penalties are taken: always, never, or only with reasoning effort `none`. */
  sampling: 'always' | 'never' | 'effort-none'
  systemRole: 'system' | 'developer'
  /** The provider's word for each effort; null where the model has none for it. Empty: effort cannot be set. */
  effortLevels: Partial<Record<Effort, string | null>>
  /** Function tools work on the chat wire `always`, only with reasoning effort `none`, or `never` (the row's `toolsDialect` is needed). */
  tools: 'always' | 'effort-none' | 'never'
  /**
   * How a model of Anthropic's or Google's is told to think: by a token budget, adaptively with an effort (Anthropic), by
   * a level (Gemini 3 and later, which then sign what they think), or not at all.
   */
  thinking: 'budget' | 'adaptive' | 'level' | 'none'
  /** Whether a JSON schema is taken natively (`response_format` or `output_config`). */
  jsonSchema: boolean
  /**
   * Whether JSON can be asked for beside tools (Gemini before 3 refuses the two together).
   * @default true
   */
  jsonWithTools?: boolean | undefined
  /**
   * Smallest prefix, in tokens, that the provider caches where it is marked (Anthropic's models); unset: it decides itself
   * what it caches.
   */
  promptCacheMinTokens?: number | undefined
  /** Tool-call ids must be exactly nine letters or digits (Mistral). */
  shortToolCallIds: boolean
  /** Assistant turns with tool calls must carry `reasoning_content` back (DeepSeek thinking). */
  reasoningContentInHistory: boolean
  /** Whether `parallel_tool_calls` is taken. */
  parallelToolCalls: boolean
}

export type Lifecycle =
  | { status: 'active' }
  | {
      status: 'deprecated'
      /** First day (UTC, YYYY-MM-DD) on which the model no longer answers; null when not announced. */
      shutdownOn: string | null
      replacement: string | null
    }
  | { status: 'retired'; shutdownOn: string; replacement: string | null }

export interface Capabilities {
  tools: boolean
  jsonSchema: boolean
  vision: boolean
  reasoning: boolean
}

/** One model at one provider row: what can be called. */
export interface ModelCard {
  /** `provider:id`, unique. */
  key: string
  /** Provider row. */
  provider: string
  /** Id on the provider's wire. */
  id: string
  /** The model's own name, equal for every deployment of the same model: `openai/gpt-6-luna` at OpenRouter is `gpt-6-luna`. */
  name: string
  /** Other names that callers may use. */
  aliases: readonly string[]
  kind: 'chat' | 'embedding' | 'image'
  /** Of an embedding model: how long its vectors are, and whether a request may shorten them. */
  embedding?: { dimensions: number; adjustable: boolean } | undefined
  contextTokens: number
  maxInputTokens: number
  maxOutputTokens: number
  capabilities: Capabilities
  lifecycle: Lifecycle
  wire: WireFlags
  /** Our o200k count × this = this model's tokens, before anything was learned. */
  tokenFactor: number
  /** Quality prior per task, 0…1; null where nothing is known (the router then uses `config/routing.yaml`'s default). */
  quality: Partial<Record<Task, { mean: number; weight: number }>>
  /** Seconds to first token and tokens a second as measured by others; null where unknown. */
  latencyPrior: { firstTokenMs: number; outputTokensPerSecond: number } | null
  /** True for a row found by asking a provider, or named by a caller with `provider:model`, that no file describes. */
  uncharted: boolean
}
