import { checkJson, invalid, jsonObject, read } from './border.ts'
import type { CacheChoice, RequestLimits } from './chat.ts'
import { findEndpoints, modelInPath } from './endpoints.ts'
import { GatewayError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { modelName } from './marks.ts'
import type { PassthroughRequest } from './passthrough.ts'
import { readModelChoice, readRequirements } from './routing-fields.ts'
import type { KnownNames } from './routing-fields.ts'

/** Headers of a caller that a provider sees, where its row does not fix them. */
const forwarded = ['anthropic-version', 'anthropic-beta', 'openai-beta', 'idempotency-key'] as const

/** What every HTTP client sends as it is: anything else would fail on its way, and look like the provider's failure. */
const plainValue = /^[\x20-\x7e]{1,1000}$/

/**
 * Fields by which proxies behind a row (LiteLLM) are sent elsewhere or shown another key: nobody but the configuration
 * says where a call goes.
 */
const misleading = ['api_base', 'base_url', 'api_key', 'api_version', 'organization', 'custom_llm_provider'] as const

/** Conversations that a provider keeps: of whichever caller they are, the provider knows the gateway's account only. */
const filed = ['previous_response_id', 'conversation'] as const

const longestEndpoint = 300

/** What the faces know of a call. */
interface Given {
  provider: string
  method: string
  endpoint: string
  /** The URL's query, without its question mark. */
  query: string
  /** Undefined for GET. */
  body: unknown
  /** The body as it was written; unset: it is written anew. */
  text?: string | undefined
  headers: Readonly<Record<string, string | undefined>>
  cache: CacheChoice
  maxCostUsd?: string | number | undefined
}

/**
 * Reads a call of a native endpoint. Which row it means is left to the router, which knows the rows.
 * @throws GatewayError invalid_request, not_found, method_not_allowed
 */
export const readPassthrough = (given: Given, known: KnownNames): PassthroughRequest => {
  const { provider, endpoint, method } = given
  const found = endpoint.length > longestEndpoint ? [] : findEndpoints(method, endpoint)
  if (method !== 'GET' && method !== 'POST')
    throw new GatewayError('method_not_allowed', 'This path takes GET, POST only.', { allow: ['GET', 'POST'] })
  if (found.length === 0)
    throw new GatewayError('not_found', `"${endpoint.slice(0, 100)}" is no endpoint that ${method} may reach here.`, {
      param: 'endpoint',
    })
  if (given.query !== '' && given.query !== 'alt=sse')
    throw invalid('endpoint', 'may carry no query but "alt=sse": keys and options belong into headers and the body.')

  const body = method === 'GET' ? null : readBody(given.body)
  const [inPath] = found.map((each) => modelInPath(each, endpoint)).filter((model) => model !== null)
  const named = inPath ?? (body?.['model'] === undefined ? undefined : read(modelName, body['model'], 'model'))
  const { limits } = readLimits(given.maxCostUsd, known)
  return {
    // A name is the provider's own here: a colon in it belongs to it, and "auto" is no model that a provider has.
    model:
      named === undefined || named === 'auto'
        ? readModelChoice('auto', provider, known)
        : { ...readModelChoice('auto', provider, known), kind: 'named', model: named },
    method,
    endpoint,
    asEvents: given.query === 'alt=sse',
    body,
    text: body === null ? '' : (given.text ?? JSON.stringify(body)),
    headers: Object.fromEntries(
      forwarded.flatMap((name) => {
        const value = given.headers[name]
        return value !== undefined && plainValue.test(value) ? [[name, value] as const] : []
      }),
    ),
    limits,
    cache: given.cache,
    tags: {},
  }
}

const readBody = (value: unknown): JsonObject => {
  checkJson(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayError('invalid_request', 'The body must be a JSON object, as the provider takes it.')
  const body = read(jsonObject, value, '')
  for (const field of misleading)
    if (Object.hasOwn(body, field))
      throw invalid(field, "is not for callers to say: where a call goes, and with which key, is the configuration's.")
  for (const field of filed)
    if (body[field] !== undefined && body[field] !== null)
      throw invalid(field, 'refers to what lies at an account that all callers share: send the whole conversation.')
  if (body['background'] === true)
    throw invalid('background', 'leaves an answer that nobody waits for and nobody can price: leave it out.')
  return body
}

const readLimits = (maxCostUsd: string | number | undefined, known: KnownNames): { limits: RequestLimits } =>
  readRequirements(maxCostUsd === undefined ? undefined : { max_cost_usd: maxCostUsd }, '', known)
