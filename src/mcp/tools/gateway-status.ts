import { z } from 'zod'
import { scopes } from '../../contract/caller.ts'
import { nearModes } from '../../contract/settings.ts'
import { perceptionStatus, sayPerception, showPerception } from '../perception-status.ts'
import { providerHealth, sayHealth, showHealth } from '../provider-health.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'

const input = strictInput({})

const output = z.object({
  version: z.string(),
  started_at: z.string(),
  uptime_s: z.int(),
  ready: z.boolean(),
  reasons: z.array(z.string()).describe('Why it is not ready, and what to set.'),
  auth_mode: z.enum(['none', 'api-key', 'oauth']),
  caller: z.object({ name: z.string(), scope: z.enum(scopes) }).describe('Who you are to the gateway.'),
  providers: z.array(providerHealth).describe('Configured providers.'),
  cache: z.object({
    scope: z.enum(['mine', 'all']),
    entries: z.int(),
    bytes: z.int(),
    max_bytes: z.int(),
    hits_by_tier: z.record(z.string(), z.int()),
    near_mode: z.enum(nearModes),
    near_broken: z.array(z.string()).describe('Kinds of work: too many near answers were wrong.'),
  }),
  perception: perceptionStatus
    .nullable()
    .describe("The local embedding model's worker and its index of questions; null for all but an admin."),
  limits: z.object({
    max_body_bytes: z.int(),
    request_deadline_ms: z.number(),
    rate: z
      .object({ max_requests: z.int(), window_ms: z.int() })
      .nullable()
      .describe('Requests that one caller may make in a sliding window; null: no limit.'),
  }),
})

export const gatewayStatus = defineTool({
  name: 'gateway_status',
  title: 'How the gateway is doing',
  description:
    'Says whether the gateway is ready and how it is doing: version, uptime, health of each configured provider, cache size, limits and who you are to it. ' +
    'Use it when calls fail or are slow, or to see the limits that apply to you. ' +
    'Not for models and prices: list_providers has those. Free; shows no secrets.',
  annotations: looksOnly,
  input,
  output,
  run: async ({ caller, services }) => {
    const status = await services.admin.status(caller)
    const configured = status.providers.flatMap(({ health }) => (health === null ? [] : [health]))
    const broken = status.near?.evidence.flatMap((seen) => (seen.broken ? [seen.task] : [])) ?? []
    const uptimeS = Math.floor(status.uptimeMs / 1000)
    const { windows, maxBodyBytes, requestDeadlineMs } = status.limits
    const rate = windows.find(({ unit }) => unit === 'requests')
    return {
      text: [
        [
          `ai-gateway-mcp ${status.version}, ${status.ready ? 'ready' : 'not ready'}, up for ${uptimeS} s, auth ${status.authMode}.`,
          ...status.reasons.map((reason) => `Not ready: ${reason}`),
          ...configured.map((health) => `${health.provider}: ${sayHealth(health)}`),
          `Cache: ${status.cache.entries} answers, ${status.cache.bytes} of ${status.cache.maxBytes} bytes; near answers ${status.near?.mode ?? 'off'}.`,
          ...(broken.length > 0 ? [`Near answers of ${broken.join(', ')} were too often wrong: only shadowed.`] : []),
          ...(status.perception ? [sayPerception(status.perception)] : []),
          windows.length === 0
            ? 'No rate limit.'
            : `Rate limit: ${windows.map(({ unit, max, windowMs }) => `${max} ${unit} in ${windowMs} ms`).join(', ')}.`,
          `You are "${caller.name}" with scope ${caller.scope}.`,
        ].join('\n'),
      ],
      data: {
        version: status.version,
        started_at: new Date(status.startedAtMs).toISOString(),
        uptime_s: uptimeS,
        ready: status.ready,
        reasons: [...status.reasons],
        auth_mode: status.authMode,
        caller: { name: caller.name, scope: caller.scope },
        providers: configured.map((health) => showHealth(health.provider, health)),
        cache: {
          scope: status.cache.whose,
          entries: status.cache.entries,
          bytes: status.cache.bytes,
          max_bytes: status.cache.maxBytes,
          hits_by_tier: { ...status.cache.hitsByTier },
          near_mode: status.near?.mode ?? 'off',
          near_broken: broken,
        },
        perception: status.perception && showPerception(status.perception),
        limits: {
          max_body_bytes: maxBodyBytes,
          request_deadline_ms: requestDeadlineMs,
          rate: rate ? { max_requests: rate.max, window_ms: rate.windowMs } : null,
        },
      },
    }
  },
})
