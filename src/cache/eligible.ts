import type { ChatRequest } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import { asksForAnAction, asksForTheMoment, asksForVariety, spoken } from './cues.ts'

/** Why memory is not asked; written on the receipt and counted. */
export type BypassReason =
  /** The cache is switched off. */
  | 'disabled'
  /** The caller said `use_cache: false` or `no-store`. */
  | 'declined'
  /** The caller said `no-cache`: memory is not read, the answer is kept. */
  | 'no_cache'
  /** Above 0.3 the caller wants variety. */
  | 'temperature'
  | 'several_answers'
  | 'creative'
  /** "Another one", "at random": a repeated answer would be wrong. */
  | 'variety'
  /** The provider looks things up while it answers. */
  | 'live_search'
  /** The provider is asked to keep the exchange, or to go on with one that it kept. */
  | 'provider_state'
  /** What is behind a URL may have changed. */
  | 'remote_image'
  /** A part that the gateway cannot read. */
  | 'opaque_content'
  /** The caller belongs to no team (or tenant), and answers are shared within one. */
  | 'no_scope'
  /** The request could not be fingerprinted. */
  | 'unreadable'

export type Eligibility =
  /** `capMs`: the longest life that the question allows. */
  { eligible: true; capMs: number } | { eligible: false; reason: BypassReason }

const maxTemperature = 0.3
const perishableMs = 60_000

/**
 * Whether an answer to this request may be an earlier one, word for word, and for how long: refused where in doubt. A
 * caller who forces the cache (`use_cache: true`) answers for it himself.
 */
export const judgeEligibility = (request: ChatRequest): Eligibility => {
  if (!request.cache.read && !request.cache.write) return { eligible: false, reason: 'declined' }
  if (request.cache.force) return { eligible: true, capMs: Infinity }
  const texts = spoken(request)
  const reason = refusalOf(request, texts)
  if (reason) return { eligible: false, reason }
  const isPerishable = asksForTheMoment(texts) || asksForAnAction(texts)
  return { eligible: true, capMs: isPerishable ? perishableMs : Infinity }
}

const refusalOf = (request: ChatRequest, texts: readonly string[]): BypassReason | null => {
  if ((request.temperature ?? 0) > maxTemperature) return 'temperature'
  if ((request.n ?? 1) > 1) return 'several_answers'
  if (request.requirements.task === 'creative') return 'creative'
  if (asksForVariety(texts)) return 'variety'
  if (hasAny(request.extra, searchFields) || namesSearchModel(request)) return 'live_search'
  if (hasAny(request.extra, stateFields)) return 'provider_state'
  return contentRefusal(request)
}

const contentRefusal = ({ messages }: ChatRequest): BypassReason | null => {
  const parts = messages.flatMap(({ content }) => content)
  if (parts.some((part) => part.type === 'native')) return 'opaque_content'
  const isRemote = parts.some((part) => part.type === 'image' && part.source.kind === 'url')
  return isRemote ? 'remote_image' : null
}

/** Fields by which providers are told to search: OpenAI, xAI, OpenRouter, Alibaba. */
const searchFields = ['web_search_options', 'search_parameters', 'plugins', 'enable_search'] as const

/** OpenAI: `store: true` files the exchange, the others continue one. */
const stateFields = ['store', 'previous_response_id', 'conversation'] as const

/** A field that is set: null and false are how callers write that it is not. */
const hasAny = (extra: JsonObject, fields: readonly string[]): boolean =>
  fields.some((field) => extra[field] !== undefined && extra[field] !== null && extra[field] !== false)

/** Models that search by themselves carry it in their names: `…-search-preview`, `sonar-pro`, OpenRouter's `…:online`. */
const namesSearchModel = ({ model }: ChatRequest): boolean =>
  model.kind === 'named' && /(?:^|[-/])search(?:$|-)|(?:^|\/)sonar(?:$|-)|:online$/u.test(model.model)
