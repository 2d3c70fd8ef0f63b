import type { Arrival } from './exchange.ts'
import { headerOf } from './exchange.ts'
import type { DoorRules } from './guards.ts'
import { isListed } from './guards.ts'

/** `*` would not cover `authorization`, so every header that a client of ours sends is named. */
const requestHeaders =
  'authorization, x-api-key, anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, content-type, accept, cache-control, x-gateway-priority, x-request-id, traceparent, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, last-event-id'
const replyHeaders =
  'x-request-id, request-id, x-trace-id, x-should-retry, retry-after, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, www-authenticate, x-gateway-provider, x-gateway-model, x-gateway-task, x-gateway-cache, x-gateway-cost-usd, x-gateway-simulated, mcp-session-id'

/**
 * Lets pages of allowed origins read the answer; others get no CORS header, so their browser keeps it from them.
 * Returns true when the request was a preflight, which is answered: it carries no key and wants nothing else.
 */
export const answerCors = ({ req, res }: Arrival, rules: Pick<DoorRules, 'allowedOrigins'>): boolean => {
  const origin = headerOf(req, 'origin')
  if (rules.allowedOrigins.length > 0) res.setHeader('vary', 'origin')
  if (origin === undefined || !isListed(origin, rules)) return false
  res.setHeader('access-control-allow-origin', origin)
  res.setHeader('access-control-expose-headers', replyHeaders)
  res.setHeader('cross-origin-resource-policy', 'cross-origin')
  if (req.method !== 'OPTIONS' || headerOf(req, 'access-control-request-method') === undefined) return false
  res.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS')
  res.setHeader('access-control-allow-headers', requestHeaders)
  res.setHeader('access-control-max-age', '600')
  res.writeHead(204).end()
  return true
}
