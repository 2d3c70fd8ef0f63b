import type { JsonObject, Json } from './json.ts'
import type { Asked } from './operation.ts'
import type { Requirements } from './plan.ts'
import type { NanoUsd } from './money.ts'

/** The end of a prefix that the provider should cache, as the caller wrote it: in Anthropic's words, or in OpenAI's. */
interface PrefixMarks {
  cacheControl?: JsonObject | undefined
  promptCacheBreakpoint?: JsonObject | undefined
}

export interface TextPart extends PrefixMarks {
  type: 'text'
  text: string
}

export type ImageSource = { kind: 'url'; url: string } | { kind: 'base64'; mediaType: string; data: string }

export interface ImagePart extends PrefixMarks {
  type: 'image'
  source: ImageSource
  detail?: 'auto' | 'low' | 'high' | undefined
}

/**
 * A content part in OpenAI's words that the gateway does not read (audio, files); it goes to an OpenAI-shaped provider
 * untouched. A file that is only named by its address is `{type: 'file', file: {file_url}}`.
 */
export interface NativePart {
  type: 'native'
  value: JsonObject
  cacheControl?: JsonObject | undefined
}

export type ContentPart = TextPart | ImagePart | NativePart

/** What a model thought. A `signature` or `redacted` data must be given back unchanged in the next turn. */
export type ReasoningBlock =
  | { kind: 'text'; text: string; signature?: string | undefined }
  | { kind: 'redacted'; data: string }

export interface ToolCall {
  id: string
  name: string
  /** JSON text as the model wrote it, which may be broken; never parsed on the way through. */
  argumentsJson: string
  /** Fields beside `function` that a provider wants echoed. */
  extra?: JsonObject | undefined
  cacheControl?: JsonObject | undefined
}

export type Message =
  | { role: 'system'; content: TextPart[]; name?: string | undefined }
  | { role: 'user'; content: ContentPart[]; name?: string | undefined }
  | {
      role: 'assistant'
      content: TextPart[]
      refusal?: string | undefined
      reasoning: ReasoningBlock[]
      toolCalls: ToolCall[]
      name?: string | undefined
    }
  | {
      role: 'tool'
      toolCallId: string
      content: ContentPart[]
      isError?: boolean | undefined
      cacheControl?: JsonObject | undefined
    }

export interface Tool {
  name: string
  description?: string | undefined
  /** JSON Schema of the arguments. */
  parameters?: JsonObject | undefined
  strict?: boolean | undefined
  cacheControl?: JsonObject | undefined
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string }

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema'
      name: string
      description?: string | undefined
      schema: JsonObject
      strict?: boolean | undefined
    }

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]

/** Which model the caller asked for: one by name (perhaps at one provider), or whichever fits. */
export type ModelChoice =
  | { kind: 'auto'; provider?: string | undefined }
  | { kind: 'named'; model: string; provider?: string | undefined }

/** Promises over all tries together. */
export interface RequestLimits {
  maxCostNanoUsd?: NanoUsd | undefined
  maxLatencyMs?: number | undefined
  maxFirstTokenMs?: number | undefined
}

/** How a request uses the cache. `default` follows eligibility; `force` caches what would not be by default. */
export interface CacheChoice {
  read: boolean
  write: boolean
  /** The caller said `use_cache: true`: eligibility by temperature and the like is waived. */
  force: boolean
  /** Life of the entry; 0 means not kept. Unset: the kind's default. */
  ttlMs?: number | undefined
  /** Oldest entry that the caller takes (`Cache-Control: max-age`). */
  maxAgeMs?: number | undefined
  /** By which the caller can have the answer forgotten later. */
  tags?: readonly string[] | undefined
}

/** A chat completion in the gateway's own words: what every face reads into and every dialect writes from. */
export interface ChatRequest extends Asked {
  messages: Message[]
  tools: Tool[]
  toolChoice?: ToolChoice | undefined
  parallelToolCalls?: boolean | undefined
  responseFormat?: ResponseFormat | undefined
  maxOutputTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  stop?: string[] | undefined
  /** How many answers; 1 unless said. */
  n?: number | undefined
  seed?: number | undefined
  presencePenalty?: number | undefined
  frequencyPenalty?: number | undefined
  logprobs?: boolean | undefined
  topLogprobs?: number | undefined
  reasoningEffort?: Effort | undefined
  /** Fields that the gateway does not know: they go to an OpenAI-shaped provider untouched. */
  extra: JsonObject
  /** Whose words `extra` is in, where not OpenAI's: it goes untouched there, and others are told what they miss. */
  extraIn?: 'anthropic' | undefined
  requirements: Requirements
  /** Models to fall back to, in order, when the named one cannot answer. */
  fallbacks: ModelChoice[]
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** Tokens by class. `input` = uncached + cacheRead + cacheWrite; `output` includes reasoning. */
export interface Usage {
  inputTokens: number
  /** Part of `inputTokens` read from the provider's prompt cache. */
  cacheReadTokens: number
  /** Part of `inputTokens` written to the provider's prompt cache (5 minutes or the provider's only life). */
  cacheWriteTokens: number
  /** Part of `inputTokens` written to a one-hour prompt cache. */
  cacheWrite1hTokens: number
  outputTokens: number
  /** Part of `outputTokens` spent on reasoning, where the provider says. */
  reasoningTokens: number
  /** `provider`: as the provider counted. `estimated`: our own count, because the provider's never came. */
  source: 'provider' | 'estimated'
  /** What the provider itself says that the call cost (OpenRouter). */
  reportedCostNanoUsd?: NanoUsd | undefined
}

/** Something the target could not do and the gateway left out or changed; told to the caller, never silent. */
export interface Warning {
  code: 'dropped_parameter' | 'changed_parameter' | 'model_substituted' | 'model_deprecated'
  param: string
  message: string
}

/** One event of an answer, in order. `choice` is 0 unless `n` > 1. */
export type AnswerEvent =
  | { type: 'text'; choice: number; text: string }
  | { type: 'reasoning'; choice: number; block: number; text: string }
  | { type: 'reasoning-signature'; choice: number; block: number; signature: string }
  | { type: 'reasoning-redacted'; choice: number; block: number; data: string }
  | { type: 'refusal'; choice: number; text: string }
  | { type: 'tool-call'; choice: number; index: number; id: string; name: string; extra?: JsonObject | undefined }
  | { type: 'tool-arguments'; choice: number; index: number; text: string }
  | { type: 'logprobs'; choice: number; content: Json; refusal?: Json | undefined }

/** How one choice ended. `native` is the provider's own word. */
export interface Finish {
  choice: number
  reason: FinishReason
  native: string | null
  /** Which of the caller's `stop` ended it, where the provider says. */
  stopSequence?: string | undefined
}
