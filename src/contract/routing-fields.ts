import { z } from 'zod'
import { invalid, readFields, strictly, unread } from './border.ts'
import { cacheTags } from './cache-order.ts'
import type { CacheChoice, ChatRequest, ModelChoice, RequestLimits } from './chat.ts'
import { didYouMean } from './did-you-mean.ts'
import { modelName } from './marks.ts'
import { parseUsd } from './money.ts'
import type { NanoUsd } from './money.ts'
import { tasks } from './plan.ts'
import type { Requirements } from './plan.ts'

/** Names that a request is read against. */
export interface KnownNames {
  /** Ids of every provider row, configured or not. */
  providers: ReadonlySet<string>
}

/** What every body says of the model, the choice of it and the cache; but for `model`, the gateway's own fields. */
export const routingFields = {
  model: modelName,
  requirements: unread,
  provider: z.string().optional(),
  fallbacks: z.array(modelName).max(16).optional(),
  use_cache: z.boolean().optional(),
  cache_ttl: z.number().min(0).optional(),
  cache_tags: cacheTags,
}
const routing = z.object(routingFields)

/**
 * Reads `routingFields` of a body; `cacheControl` is the header of that name.
 * @throws GatewayError invalid_request
 */
export const readRouting = (
  given: z.infer<typeof routing>,
  known: KnownNames,
  cacheControl: string | undefined,
): Pick<ChatRequest, 'model' | 'requirements' | 'limits' | 'fallbacks' | 'cache'> => ({
  model: readModelChoice(given.model, given.provider, known),
  ...readRequirements(given.requirements, 'requirements', known),
  fallbacks: (given.fallbacks ?? []).map((name, index) =>
    readModelChoice(name, undefined, known, `fallbacks[${index}]`),
  ),
  cache: readCacheChoice({
    useCache: given.use_cache,
    cacheTtl: given.cache_ttl,
    cacheTags: given.cache_tags,
    cacheControl,
  }),
})

/**
 * Reads which model is wanted. `auto` leaves it to the router, `openai:auto` and `auto:openai` to the router within one
 * provider. `openai:gpt-6` names a model at one provider: a prefix counts only when it is the id of a known provider row,
 * so that `llama3:8b` stays a model. Slashes belong to model ids. `provider` is the body field of that name.
 * @throws GatewayError invalid_request
 */
export const readModelChoice = (
  name: string,
  provider: string | undefined,
  known: KnownNames,
  param = 'model',
): ModelChoice => {
  const wanted = readProvider(provider, known)
  const colon = name.indexOf(':')
  const [before, after] = colon < 0 ? [name, ''] : [name.slice(0, colon), name.slice(colon + 1)]

  if (before === 'auto') {
    if (after !== '' && !known.providers.has(after)) throw unknownProvider(param, after, known)
    return { kind: 'auto', provider: agree(after === '' ? undefined : after, wanted, param) }
  }
  const prefixed = colon >= 0 && known.providers.has(before)
  const model = prefixed ? after : name
  if (model.trim() === '') throw invalid(param, 'is empty: send a model id, "provider:model" or "auto".')
  const at = agree(prefixed ? before : undefined, wanted, param)
  return model === 'auto' ? { kind: 'auto', provider: at } : { kind: 'named', model, provider: at }
}

const readProvider = (provider: string | undefined, known: KnownNames): string | undefined => {
  if (provider === undefined || provider === 'auto') return undefined
  if (!known.providers.has(provider)) throw unknownProvider('provider', provider, known)
  return provider
}

const agree = (prefix: string | undefined, field: string | undefined, param: string): string | undefined => {
  if (prefix !== undefined && field !== undefined && prefix !== field)
    throw invalid(param, `names the provider "${prefix}", but "provider" says "${field}": send one of them.`)
  return prefix ?? field
}

const unknownProvider = (param: string, provider: string, known: KnownNames) =>
  invalid(param, `names no provider of this gateway: ${suggest(provider, known)}`)

const suggest = (provider: string, known: KnownNames): string => {
  const meant = didYouMean(provider.slice(0, 64), known.providers)
  return meant === null ? `known are ${[...known.providers].join(', ')}.` : `did you mean "${meant}"?`
}

const requirementFields = {
  low_cost: z.boolean().optional().describe('Prefer cheap models.'),
  high_quality: z.boolean().optional().describe('Prefer models that do this task best.'),
  low_latency: z.boolean().optional().describe('Prefer models that answer soonest.'),
  min_quality: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Refuse models whose quality for the task (0 to 1) is lower.'),
  providers: z.array(z.string()).min(1).optional().describe('Use only these providers.'),
  exclude_providers: z.array(z.string()).optional().describe('Never use these providers.'),
  models: z.array(z.string()).min(1).optional().describe('Use only these models.'),
  task: z.enum(tasks).optional().describe('The kind of work, when you would rather say it than have it guessed.'),
  strict: z
    .boolean()
    .optional()
    .describe('Refuse what would otherwise be left out or changed for a model, and told in a warning.'),
  max_cost_usd: z
    .union([z.number(), z.string()], 'must be an amount in dollars such as 0.05, as a number or a decimal string.')
    .optional()
    .describe('Most that the request may cost over all tries together, in US dollars: a number or a decimal string.'),
  max_latency_ms: z.int().min(1).optional().describe('Longest that the whole answer may take, in milliseconds.'),
  max_first_token_ms: z.int().min(1).optional().describe('Longest until the first token, in milliseconds.'),
}

/** `requirements`, as HTTP bodies and MCP tools take it. */
export const requirementsSchema = z.strictObject(requirementFields, { error: strictly(Object.keys(requirementFields)) })

/**
 * Reads `requirements`: wishes that shift the choice, and promises that bound it. Unset and null mean none.
 * @throws GatewayError invalid_request
 */
export const readRequirements = (
  value: unknown,
  param: string,
  known: KnownNames,
): { requirements: Requirements; limits: RequestLimits } => {
  const given = readFields(requirementsSchema, value ?? {}, param)
  for (const list of ['providers', 'exclude_providers'] as const) {
    for (const [index, provider] of (given[list] ?? []).entries())
      if (!known.providers.has(provider)) throw unknownProvider(`${param}.${list}[${index}]`, provider, known)
  }
  return {
    requirements: {
      lowCost: given.low_cost,
      highQuality: given.high_quality,
      lowLatency: given.low_latency,
      minQuality: given.min_quality,
      providers: given.providers,
      excludeProviders: given.exclude_providers,
      models: given.models,
      task: given.task,
      strict: given.strict,
    },
    limits: {
      maxCostNanoUsd:
        given.max_cost_usd === undefined ? undefined : readUsd(given.max_cost_usd, `${param}.max_cost_usd`),
      maxLatencyMs: given.max_latency_ms,
      maxFirstTokenMs: given.max_first_token_ms,
    },
  }
}

const readUsd = (dollars: number | string, param: string): NanoUsd => {
  try {
    return parseUsd(String(dollars).length > 40 ? '' : dollars)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw invalid(param, 'must be an amount in dollars: a non-negative decimal such as 0.05.')
  }
}

/**
 * How a request uses the cache, from the body's fields and the HTTP header of that name. Where they differ the stricter
 * holds: `no-store` and `use_cache: false` switch the cache off, `no-cache` only skips reading.
 */
export const readCacheChoice = (given: {
  useCache?: boolean | undefined
  /** Seconds; 0 means that the answer is not kept. */
  cacheTtl?: number | undefined
  cacheTags?: readonly string[] | undefined
  cacheControl?: string | undefined
}): CacheChoice => {
  const directives = (given.cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  const off = given.useCache === false || directives.includes('no-store')
  const maxAge = directives.map((part) => /^max-age="?(\d{1,10})"?$/.exec(part)?.[1]).find((age) => age !== undefined)
  return {
    read: !off && !directives.includes('no-cache'),
    write: !off,
    force: given.useCache === true && !off,
    ttlMs: given.cacheTtl === undefined ? undefined : Math.round(given.cacheTtl * 1000),
    maxAgeMs: maxAge === undefined ? undefined : Number(maxAge) * 1000,
    ...(given.cacheTags ? { tags: given.cacheTags } : {}),
  }
}
