import type { Answer, Served } from '../contract/journey.ts'
import { formatUsd } from '../contract/money.ts'
import { showRecalled } from '../gateway/show-recalled.ts'
import { limitHeaders } from './limit-headers.ts'

/** What answers of every kind have. */
type AnswerFacts = Omit<Answer, 'choices'>

/** What the gateway adds to an answer: who served it, from where, and what it cost to the nano-dollar. */
export const gatewayObject = ({ served, receipt, warnings, usage }: AnswerFacts) => ({
  request_id: served.requestId,
  provider: served.provider,
  model: served.model,
  task: served.task,
  cache: served.cache,
  /** The entry that it was remembered in, how old it is, how sure the verifier was; null where it was not. */
  cached: showRecalled(served.recalled),
  /** Why the cache was not asked; for an answer from it `curated` or `stale`, where it is that. */
  cache_reason: receipt.cacheReason,
  cost_usd: receipt.costNanoUsd === null ? null : formatUsd(receipt.costNanoUsd),
  cost_nano_usd: receipt.costNanoUsd === null ? null : receipt.costNanoUsd.toString(),
  saved_usd: formatUsd(receipt.savedNanoUsd),
  simulated: served.simulated,
  /** The tokens are our own count, because the provider's never came. */
  estimated: usage.source === 'estimated',
  /** Times that the model was asked again because its JSON did not fit; the cost has them all. */
  repairs: receipt.repairs,
  warnings: warnings.map(({ code, param, message }) => ({ code, param, message })),
  timings: {
    first_token_ms: receipt.timings.firstTokenMs,
    admit_ms: receipt.timings.admitMs,
    recall_ms: receipt.timings.recallMs,
    route_ms: receipt.timings.routeMs,
    total_ms: receipt.timings.totalMs,
  },
})

/** The same as headers, as far as it is known when the first token comes. */
export const servedHeaders = (served: Served): Record<string, string> => {
  const headers: Record<string, string> = {
    ...limitHeaders(served.limits),
    'x-gateway-provider': headerSafe(served.provider),
    'x-gateway-model': headerSafe(served.model),
    'x-gateway-cache': served.cache,
  }
  if (served.task !== null) headers['x-gateway-task'] = served.task
  if (served.recalled) headers['x-gateway-cache-entry'] = served.recalled.entryId
  if (served.simulated) headers['x-gateway-simulated'] = 'true'
  return headers
}

/** Cost is known at the end, so that only plain replies carry it in a header. */
export const replyHeaders = (answer: AnswerFacts): Record<string, string> => {
  const headers = servedHeaders(answer.served)
  const cost = answer.receipt.costNanoUsd
  if (cost !== null) headers['x-gateway-cost-usd'] = formatUsd(cost)
  return headers
}

/** Model names come from providers; a header takes only visible ASCII. */
const headerSafe = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')
