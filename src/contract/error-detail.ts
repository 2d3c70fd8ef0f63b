import type { LimitStates, LimitUnit } from './limit.ts'
import type { Refusal } from './plan.ts'

/** An answer that is not in the format that was asked for: what the model wrote, and why that is not it. */
export interface StructuredOutputFault {
  text: string
  /** `path`: a JSON pointer into the answer. Empty where the text is no JSON. */
  errors: readonly { path: string; message: string }[]
  /** Times that the model was asked again. */
  repairs: number
}

/** What an error says beside its code and message. */
export interface ErrorDetail {
  /** The request's field at fault, as the caller wrote it, e.g. `messages[0].content`. */
  param?: string | undefined
  /** How long the caller should wait, where somebody said so. */
  retryAfterMs?: number | undefined
  /** Which limit refused. */
  reached?: { of: 'caller' | 'model' | 'provider'; unit: LimitUnit } | undefined
  /** How the caller's limits stand, where one of them refused. */
  limits?: LimitStates | undefined
  /** Who failed, where a provider did. */
  provider?: string | undefined
  /** Status that the provider answered with. */
  upstreamStatus?: number | undefined
  /** Methods that the route does take, for `method_not_allowed`. */
  allow?: readonly string[] | undefined
  /** The OAuth scopes that a token would need, for `insufficient_scope`. */
  scopes?: readonly string[] | undefined
  /** Why each model was refused, where routing found none. */
  refusals?: readonly Refusal[] | undefined
  /** What came instead, for `structured_output_invalid`. */
  structuredOutput?: StructuredOutputFault | undefined
  cause?: unknown
}
