import type { HealthView, ProviderHealth } from '../contract/health.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { CallableRow, Deployment, Models } from './models.ts'

/** A row of config/providers.yaml, callable or not. */
export interface KnownProvider {
  id: string
  /** What people call it, e.g. `OpenAI`. */
  title: string
  /** Why the configuration cannot call it and what to set, in words; null when it can. */
  reason: string | null
  template: Pick<ProviderRow, 'local'>
}

export interface ProviderAnswer {
  id: string
  title: string
  /** Runs on this machine or network. */
  local: boolean
  /** The sandbox stands behind it. */
  simulated: boolean
  /** What to set to use it, in words; null when it can be called. */
  toConfigure: string | null
  /** Null for a provider that cannot be called. */
  health: ProviderHealth | null
  models: readonly Deployment[]
}

/** Every provider that the gateway knows: callable ones first, each group by id. */
export const createProviders =
  (deps: {
    knownProviders: readonly KnownProvider[]
    rows: readonly CallableRow[]
    models: Models
    health: HealthView
  }) =>
  (): readonly ProviderAnswer[] => {
    const rows = new Map(deps.rows.map((row) => [row.id, row]))
    const served = Map.groupBy(deps.models.deployments(), ({ card }) => card.provider)
    return deps.knownProviders
      .map(({ id, title, reason, template }): ProviderAnswer => {
        const row = rows.get(id)
        return {
          id,
          title,
          local: template.local,
          simulated: row?.simulated ?? false,
          toConfigure: row ? null : (reason ?? 'It is switched off.'),
          health: row ? deps.health.provider(id) : null,
          models: served.get(id) ?? [],
        }
      })
      .toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1))
  }

const rank = ({ toConfigure }: ProviderAnswer): number => (toConfigure === null ? 0 : 1)
