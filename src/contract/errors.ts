import type { ErrorDetail } from './error-detail.ts'

/** How a caller tells errors apart, as OpenAI's clients know the types. */
type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'overloaded_error'
  | 'timeout_error'
  | 'provider_error'
  | 'internal_error'

interface ErrorRow {
  /** HTTP status that a caller sees. */
  status: number
  type: ErrorType
  /** Whether the same request may succeed later without being changed. */
  retryable: boolean
  /** What the caller should do next; shown with every error. */
  advice: string
}

/** Every error that the gateway can answer with. docs/errors.md is generated from this table. */
export const errorTable = {
  invalid_request: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Correct the named parameter and send the request again.',
  },
  invalid_json: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Send the body as valid JSON in UTF-8.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Send the header "content-type: application/json".',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Send a smaller body, or raise http.max_body_bytes in config/limits.yaml.',
  },
  request_timeout: {
    status: 408,
    type: 'timeout_error',
    retryable: true,
    advice: 'Send the whole request without pausing; look for a slow network or a wrong content-length.',
  },
  not_found: {
    status: 404,
    type: 'not_found_error',
    retryable: false,
    advice: 'Check the path: docs/http-api.md lists the routes.',
  },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Use the method named in the "allow" header.',
  },
  missing_api_key: {
    status: 401,
    type: 'authentication_error',
    retryable: false,
    advice: 'Send a gateway key as "Authorization: Bearer <key>" or "x-api-key: <key>".',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    retryable: false,
    advice:
      'Use a key that has not been revoked; the owner makes one with "node scripts/launch.mjs keys create --name NAME".',
  },
  missing_token: {
    status: 401,
    type: 'authentication_error',
    retryable: false,
    advice:
      'Log in at the authorization server and send its access token as "Authorization: Bearer <token>"; behind IAP, come through it.',
  },
  invalid_token: {
    status: 401,
    type: 'authentication_error',
    retryable: false,
    advice: 'Get a new access token that was issued for this gateway: docs/authorization.md.',
  },
  insufficient_scope: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    advice: 'Use a key whose scope is "admin", or a token with the scopes that the "www-authenticate" header names.',
  },
  unknown_principal: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    advice: "Ask the gateway's owner for a row in config/callers.yaml.",
  },
  forbidden_host: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    advice: 'Reach the gateway by a host name it knows; add others to http.allowed_hosts in config/limits.yaml.',
  },
  forbidden_origin: {
    status: 403,
    type: 'permission_error',
    retryable: false,
    advice: 'Web pages may not use this gateway; add their origin to http.allowed_origins in config/limits.yaml.',
  },
  model_not_found: {
    status: 404,
    type: 'not_found_error',
    retryable: false,
    advice: 'Choose one that GET /v1/models or the tool list_providers shows, or add the model in config/models.yaml.',
  },
  model_retired: {
    status: 404,
    type: 'not_found_error',
    retryable: false,
    advice: 'Use the replacement named in the message, or model "auto".',
  },
  provider_not_configured: {
    status: 404,
    type: 'not_found_error',
    retryable: false,
    advice: "Set the provider's API key in the environment and restart, or choose another provider.",
  },
  no_eligible_model: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Ask explain_route why each model was refused, then relax the requirement that refuses them.',
  },
  limit_unsatisfiable: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Raise the limit, shorten the input or lower max_tokens; estimate_cost shows what it would take.',
  },
  price_unknown: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Add the price in config/pricing.yaml, or drop max_cost_usd.',
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Shorten the input, or use a model with a larger context window.',
  },
  parameter_unsupported: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice:
      'Leave the field out, name a model that takes it, or drop requirements.strict: then it is left out or changed, and a warning says so.',
  },
  content_filtered: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: "The provider's content filter refused the input; change it.",
  },
  provider_rejected: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'The provider found a fault in the request; correct it as the message says.',
  },
  rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    retryable: true,
    advice: 'Wait as long as the "retry-after" header says.',
  },
  shared_limit_reached: {
    status: 429,
    type: 'rate_limit_error',
    retryable: true,
    advice:
      'All callers together use as much of this model or provider as the gateway allows (limits in config/limits.yaml); wait as "retry-after" says, or allow fallbacks.',
  },
  over_token_limit: {
    status: 400,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'Lower max_tokens or shorten the input: waiting does not help. The limits are in config/limits.yaml.',
  },
  provider_rate_limited: {
    status: 429,
    type: 'rate_limit_error',
    retryable: true,
    advice: 'The provider limits this account; wait as "retry-after" says, add a key, or allow fallbacks.',
  },
  provider_out_of_credit: {
    status: 502,
    type: 'provider_error',
    retryable: false,
    advice:
      "The gateway's account at the provider has no credit; its owner must top it up. Meanwhile use another model.",
  },
  provider_auth: {
    status: 502,
    type: 'provider_error',
    retryable: false,
    advice: "The provider refused the gateway's key; the gateway's owner must correct it. Your own key is fine.",
  },
  secret_unavailable: {
    status: 503,
    type: 'provider_error',
    retryable: true,
    advice:
      "The gateway could not read its key for the provider; its owner must look at where the key's reference points. Try again, or use another provider.",
  },
  provider_model_missing: {
    status: 502,
    type: 'provider_error',
    retryable: false,
    advice: 'The provider does not serve this model to the account; choose another, or correct config/models.yaml.',
  },
  provider_overloaded: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice: 'Try again shortly, or allow fallbacks to another model.',
  },
  provider_unreachable: {
    status: 502,
    type: 'provider_error',
    retryable: true,
    advice: "Try again shortly; if it stays, check the provider's base URL and the network.",
  },
  provider_failed: {
    status: 502,
    type: 'provider_error',
    retryable: true,
    advice: 'Try again shortly, or allow fallbacks to another model.',
  },
  provider_bad_reply: {
    status: 502,
    type: 'provider_error',
    retryable: true,
    advice: "The provider's reply could not be understood; try again, and check its base URL and dialect if it stays.",
  },
  provider_timeout: {
    status: 504,
    type: 'timeout_error',
    retryable: true,
    advice: 'Try again, or choose a faster model.',
  },
  provider_stalled: {
    status: 504,
    type: 'timeout_error',
    retryable: true,
    advice: 'The provider stopped in the middle of its answer; try again.',
  },
  provider_cut: {
    status: 502,
    type: 'provider_error',
    retryable: true,
    advice: 'The provider broke off in the middle of its answer; what arrived is incomplete. Try again.',
  },
  provider_circuit_open: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice: 'The provider failed repeatedly and is being rested; wait as "retry-after" says or allow fallbacks.',
  },
  provider_busy: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice: 'All slots of the provider are taken; try again shortly, or raise max_concurrent in config/providers.yaml.',
  },
  structured_output_invalid: {
    status: 502,
    type: 'provider_error',
    retryable: false,
    advice:
      'The model did not keep to the format; its text and what is wrong with it are in the error. Simplify the schema, raise max_tokens, or use a model that takes JSON schemas natively with "strict".',
  },
  deadline_exceeded: {
    status: 504,
    type: 'timeout_error',
    retryable: true,
    advice: 'Raise the limit on time, or ask for a shorter answer or a faster model.',
  },
  cost_limit_reached: {
    status: 402,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'The answer was stopped before it could cost more than max_cost_usd; raise it or lower max_tokens.',
  },
  caller_left: {
    status: 499,
    type: 'invalid_request_error',
    retryable: false,
    advice: 'The caller closed the connection before the answer was complete.',
  },
  loop_detected: {
    status: 508,
    type: 'provider_error',
    retryable: false,
    advice: "A provider's base URL leads back to this gateway; correct it.",
  },
  no_provider: {
    status: 503,
    type: 'overloaded_error',
    retryable: false,
    advice: 'No provider is configured: set an API key such as OPENAI_API_KEY, or PROVIDERS=sandbox, and restart.',
  },
  gateway_overloaded: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice:
      'Wait as "retry-after" says. The gateway\'s owner finds its lag in /metrics; a higher "x-gateway-priority" is refused later.',
  },
  shutting_down: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice: 'The gateway is restarting; try again in a few seconds.',
  },
  ledger_unavailable: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice:
      "Try again shortly. The gateway's owner finds at /ready and in the log why its ledger cannot be written, often PostgreSQL or the disk under DATA_DIR; the cost of an answer that was lost is in the log.",
  },
  store_unavailable: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice:
      'The gateway cannot read its database; its owner finds the cause in the log, often PostgreSQL or the disk under DATA_DIR.',
  },
  issuer_unavailable: {
    status: 503,
    type: 'overloaded_error',
    retryable: true,
    advice: "The authorization server's keys cannot be read; try again shortly. Its owner finds the cause in the log.",
  },
  internal: {
    status: 500,
    type: 'internal_error',
    retryable: true,
    advice: 'Try again; if it stays, report the request id.',
  },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

/** The one error that crosses rooms. Its message is written for the caller: no secrets, no stack, no upstream page. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly detail: Omit<ErrorDetail, 'cause'>

  constructor(code: ErrorCode, message: string, { cause, ...detail }: ErrorDetail = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get type(): ErrorType {
    return errorTable[this.code].type
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  /** What to do next. */
  get advice(): string {
    return errorTable[this.code].advice
  }

  /** The only normaliser: anything unknown becomes `internal`, whose message tells the caller nothing; the log has the cause. */
  static from(thrown: unknown): GatewayError {
    if (thrown instanceof GatewayError) return thrown
    return new GatewayError('internal', 'The gateway failed to answer this request.', { cause: thrown })
  }
}
