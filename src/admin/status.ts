import type { PolicyView } from '../cache/near/policy.ts'
import type { Caller } from '../contract/caller.ts'
import type { Limit } from '../contract/limit.ts'
import type { PerceptionStatus } from '../contract/perception.ts'
import type { Clock } from '../contract/runtime.ts'
import type { HttpSettings } from '../contract/settings.ts'
import type { CacheAnswers, CacheStats } from './cache.ts'
import type { ProviderAnswer } from './providers.ts'
import type { Whose } from './scope.ts'

export interface Readiness {
  ready: boolean
  /** What is wrong and what to set, in words; empty when ready. */
  reasons: readonly string[]
}

export type AuthMode = 'none' | 'api-key' | 'oauth'

/** The bounds that a caller meets. */
export interface StatusLimits extends Pick<HttpSettings, 'maxBodyBytes' | 'requestDeadlineMs'> {
  /** The caller's own. */
  windows: readonly Limit[]
}

export interface Status extends Readiness {
  version: string
  startedAtMs: number
  uptimeMs: number
  authMode: AuthMode
  providers: readonly ProviderAnswer[]
  /** Everybody's for an admin, else the caller's own. */
  cache: CacheStats & { whose: Whose }
  /** When near answers are given; null where there are none. */
  near: PolicyView | null
  /** Of the embedding model's worker and its index: an admin's; null for others, and where there is no such worker. */
  perception: PerceptionStatus | null
  limits: StatusLimits
}

export interface StatusDeps {
  version: string
  startedAtMs: number
  authMode: AuthMode
  bounds: Pick<HttpSettings, 'maxBodyBytes' | 'requestDeadlineMs'>
  limitsOf: (caller: Caller) => readonly Limit[]
  readiness: () => Readiness
  providers: () => readonly ProviderAnswer[]
  cache: CacheAnswers
  perception: () => PerceptionStatus | null
  near: () => PolicyView | null
  clock: Clock
}

/** How the gateway is doing. Holds no secret: every caller may ask. */
export const createStatus =
  (deps: StatusDeps) =>
  async (caller: Caller): Promise<Status> => {
    const { version, startedAtMs, authMode, bounds } = deps
    const whose: Whose = caller.scope === 'admin' ? 'all' : 'mine'
    return {
      ...deps.readiness(),
      version,
      startedAtMs,
      uptimeMs: deps.clock.now() - startedAtMs,
      authMode,
      providers: deps.providers(),
      cache: { whose, ...(await deps.cache.cacheStats({ caller, whose })) },
      near: deps.near(),
      perception: whose === 'all' ? deps.perception() : null,
      limits: { ...bounds, windows: deps.limitsOf(caller) },
    }
  }
