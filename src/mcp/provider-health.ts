import { z } from 'zod'
import type { ProviderHealth } from '../contract/health.ts'
import { oneLine } from './error.ts'

/** A provider's state as tools show it; nulls for one that is not configured. */
export const providerHealth = z.object({
  id: z.string(),
  circuit: z.enum(['closed', 'open', 'half_open']).nullable().describe('closed: in use; open: resting after failures.'),
  circuit_reason: z.string().nullable(),
  retry_at: z.string().nullable().describe('When an open circuit lets the next try through (ISO 8601).'),
  in_flight: z.int().nullable(),
  max_concurrent: z.int().nullable(),
  recent_calls: z.int().nullable(),
  recent_failures: z.int().nullable(),
})

export const showHealth = (id: string, health: ProviderHealth | null): z.input<typeof providerHealth> => ({
  id,
  circuit: health?.circuit ?? null,
  circuit_reason: health?.reason == null ? null : oneLine(health.reason),
  retry_at: health?.retryAtMs == null ? null : new Date(health.retryAtMs).toISOString(),
  in_flight: health?.inFlight ?? null,
  max_concurrent: health?.maxConcurrent ?? null,
  recent_calls: health?.calls ?? null,
  recent_failures: health?.failures ?? null,
})

export const sayHealth = (health: ProviderHealth): string => {
  const circuit = health.circuit === 'closed' ? 'in use' : `circuit ${health.circuit.replace('_', '-')}`
  const reason = health.reason === null ? '' : ` (${oneLine(health.reason)})`
  const calls = health.calls === 0 ? 'no recent calls' : `${health.failures} of ${health.calls} recent calls failed`
  return `${circuit}${reason}, ${calls}`
}
