import type { AnswerEvent, ChatRequest, Finish, Usage, Warning } from './chat.ts'
import type { EmbeddingRequest, VectorsEvent } from './embedding.ts'
import type { ModelCard } from './model.ts'
import type { ErrorCode } from './errors.ts'
import type { Content } from './operation.ts'
import type { PassthroughRequest, RawEvent } from './passthrough.ts'
import type { KeySource } from './secrets.ts'

/** A provider's secret. It prints as `[secret]` everywhere; only the HTTP client reveals it. */
export interface SecretText {
  reveal(): string
}

/** What speaks to no server: the gateway's own embedding model. */
export const localEmbedder = 'local-embedder'

/** The wires that a row may speak; `providers/` has one dialect for each. */
export const dialectNames = ['openai-chat', 'openai-responses', 'anthropic', 'gemini', localEmbedder] as const

/** How a row's key is shown: `Authorization: Bearer`, a header of that name, or not at all. */
export const authKinds = ['bearer', 'x-api-key', 'x-goog-api-key', 'none'] as const

/** One row of config/providers.yaml: an endpoint that can be called. Providers are data, not classes. */
export interface ProviderRow {
  id: string
  /** What people call it, e.g. `OpenAI`. */
  title: string
  dialect: string
  /** The wire for requests with tools to models that reason; `dialect` unless said. */
  toolsDialect?: string | undefined
  /** Without a trailing slash; paths of the dialect are appended. */
  baseUrl: string
  auth: (typeof authKinds)[number]
  /** The first is used; the others are backups. Empty for a local provider that needs none. */
  keys: readonly KeySource[]
  /** Fixed headers of this row. */
  headers: Readonly<Record<string, string>>
  /** Runs on this machine or network: no key needed, nothing to pay unless a price says so. */
  local: boolean
  /** It is told the trace that the call is part of. */
  takesTraceContext?: boolean | undefined
  /** The sandbox stands behind this row. */
  simulated: boolean
  /** `id:anything` may name a model that no card describes. */
  uncharted?: boolean | undefined
  /** The gateway marks long prefixes for the provider's cache itself, at models that want marks. */
  autoPromptCaching?: boolean | undefined
  maxConcurrent: number
  timeouts: ProviderTimeouts
  wire: RowFlags
}

export interface ProviderTimeouts {
  connectMs: number
  /** Until the reply's first byte. */
  firstByteMs: number
  /** Between two reads of the reply's body. */
  stallMs: number
}

/** Parts that the gateway does not read, by what is in them: a PDF as a data URL, any other file, sound. */
export const nativeKinds = ['pdf', 'file', 'audio'] as const
export type NativeKind = (typeof nativeKinds)[number]

/** What a provider's wire can and cannot do, whatever the model. */
export interface RowFlags {
  /** `stream_options.include_usage` is understood. */
  usageInStreaming: boolean
  /** `response_format: json_schema` is understood. */
  jsonSchema: boolean
  /** `store`, `metadata`, `service_tier` and other OpenAI-only fields are understood rather than refused. */
  openaiExtras: boolean
  /**
   * OpenRouter's own words are understood rather than refused: `reasoning`, `reasoning_details` in the history, and
   * Anthropic's `cache_control` on parts and tools.
   * @default false
   */
  openrouterExtras?: boolean | undefined
  /**
   * What `seed` is called (Mistral: `random_seed`); null where none is taken.
   * @default seed
   */
  seedField?: string | null | undefined
  /**
   * `presence_penalty` and `frequency_penalty` are understood.
   * @default true
   */
  penalties?: boolean | undefined
  /**
   * More than one answer (`n`) can be asked for.
   * @default true
   */
  multipleChoices?: boolean | undefined
  /**
   * Content parts of OpenAI's wire that the gateway does not read (audio, files) are understood: all, none, or some.
   * @default true
   */
  nativeParts?: boolean | readonly NativeKind[] | undefined
  /**
   * Fields beside a tool call's `function` (Google's signatures in `extra_content`) are understood rather than refused.
   * @default true
   */
  callExtras?: boolean | undefined
  /**
   * What the length of a vector is called (Mistral: `output_dimension`).
   * @default dimensions
   */
  dimensionsField?: string | undefined
}

/** What is left of one of a provider's limits, as its reply says. */
export interface Quota {
  unit: 'requests' | 'tokens'
  remaining: number
  /** Of how many; null where it does not say. */
  limit: number | null
  /** When all of it is there again. */
  resetsAtMs: number
}

/** What a dialect is asked to do: one request at one model with one key. */
export interface UpstreamCall<Request = ChatRequest> {
  row: ProviderRow
  card: ModelCard
  key: SecretText | null
  request: Request
  /** Ask the provider for a stream. The events are the same either way. */
  stream: boolean
  /** Sent upstream so that a loop through gateways is seen: ids of the gateways passed so far, ours last. */
  hops: readonly string[]
  /** W3C Trace Context for the provider; null where it is to know nothing of it. */
  traceparent?: string | null | undefined
  /** Told what the head of the reply says of the provider's limits, whatever its status. */
  heard?: ((quotas: readonly Quota[]) => void) | undefined
}

/** What a provider's reply says beside its content. */
export type FactEvent =
  | { type: 'identity'; model: string | null; responseId: string | null }
  | ({ type: 'finish' } & Finish)
  /** May come more than once; the last stands. */
  | { type: 'usage'; usage: Usage }
  /** What was counted so far, for answers that break off: the input is exact, the output still grows. */
  | { type: 'partial-usage'; usage: Usage }
  | { type: 'warning'; warning: Warning }

/** What is read in a copy of a reply whose content is passed on unread. */
export type CopyFact =
  | FactEvent
  /** Text that the provider bills as output. */
  | { type: 'written'; text: string }
  /** The provider refused or broke off, in words that the caller is to read as they are. */
  | { type: 'complaint'; code: ErrorCode; status: number }

/**
 * One event of a provider's reply, in order. `identity` comes first, and again if the provider goes over to another
 * model on the way; `finish` and `usage` come at the end, in either order.
 */
export type UpstreamEvent<Event extends Content = AnswerEvent> = FactEvent | Event

/** Carries native calls to every wire, byte for byte. */
export type PassThrough = (
  call: UpstreamCall<PassthroughRequest>,
  signal: AbortSignal,
) => AsyncGenerator<CopyFact | RawEvent, void>

/**
 * A wire dialect. Its methods throw a GatewayError when the provider refuses, fails, stalls, cuts or lies; before the first
 * event that is a failed try, after it a broken answer. A generator that returns has seen a complete answer.
 * Aborting `signal` closes the upstream connection at once and makes the generator throw the signal's reason.
 */
export interface Dialect {
  name: string
  chat(call: UpstreamCall, signal: AbortSignal): AsyncGenerator<UpstreamEvent, void>
  /** One `vectors` event for all inputs. Absent where the wire has no embeddings. */
  embed?: (
    call: UpstreamCall<EmbeddingRequest>,
    signal: AbortSignal,
  ) => AsyncGenerator<UpstreamEvent<VectorsEvent>, void>
}
