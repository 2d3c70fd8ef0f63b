import type { Caller } from '../contract/caller.ts'
import type { ChatRequest } from '../contract/chat.ts'
import type { HealthView } from '../contract/health.ts'
import type { ModelCard } from '../contract/model.ts'
import type { PerceptionStatus } from '../contract/perception.ts'
import type { PriceBook } from '../contract/price.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Audit, Audited, Receipts } from '../contract/store.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { createAuditAnswers } from './audit.ts'
import type { AuditAnswers } from './audit.ts'
import { createCacheAnswers } from './cache.ts'
import type { CacheAdmin, CacheAnswers } from './cache.ts'
import { createEstimate } from './estimate.ts'
import type { Estimate, EstimateQuestion } from './estimate.ts'
import { createExplain } from './explain.ts'
import type { Explanation } from './explain.ts'
import { createModels } from './models.ts'
import type { CallableRow, Models } from './models.ts'
import { createNearAnswers } from './near.ts'
import type { NearAdmin, NearAnswers } from './near.ts'
import { createProviders } from './providers.ts'
import type { KnownProvider, ProviderAnswer } from './providers.ts'
import { createStats } from './stats.ts'
import type { Stats, StatsQuestion } from './stats.ts'
import { createStatus } from './status.ts'
import type { AuthMode, Readiness, Status, StatusDeps } from './status.ts'
import { createTraces } from './traces.ts'
import type { Traces } from './traces.ts'
import { createUsage } from './usage.ts'
import type { UsageAnswer, UsageQuestion } from './usage.ts'

/** The questions that operators ask, one answer for every face: plain data, money in nano-dollars. */
export interface Admin extends Models, CacheAnswers, NearAnswers, Traces, AuditAnswers {
  status(caller: Caller): Promise<Status>
  providers(): readonly ProviderAnswer[]
  usage(question: UsageQuestion): Promise<UsageAnswer>
  stats(question: StatsQuestion): Promise<Stats>
  estimate(question: EstimateQuestion): Promise<Estimate>
  explain(request: ChatRequest): Promise<Explanation>
}

export interface AdminDeps {
  gateway: Pick<Gateway, 'explain' | 'explainMemory'>
  receipts: Pick<Receipts, 'usage' | 'recent' | 'find'>
  audit: Pick<Audit, 'recent'>
  /** Writes down what is done here. */
  audited: Audited
  cache: CacheAdmin & NearAdmin
  /** Null where there is to be no embedder. */
  perception: () => PerceptionStatus | null
  health: HealthView
  prices: PriceBook
  /** Models of every row, callable or not. */
  cards: () => readonly ModelCard[]
  /** Every row of config/providers.yaml. */
  knownProviders: readonly KnownProvider[]
  /** Those that can be called, the sandbox's among them. */
  rows: readonly CallableRow[]
  readiness: () => Readiness
  version: string
  startedAtMs: number
  clock: Clock
  authMode: AuthMode
  bounds: StatusDeps['bounds']
  limitsOf: StatusDeps['limitsOf']
}

export const createAdmin = (deps: AdminDeps): Admin => {
  const models = createModels(deps)
  const providers = createProviders({ ...deps, models })
  const cache = createCacheAnswers(deps.cache, deps.audited)
  const explain = createExplain(deps.gateway)
  const status = createStatus({ ...deps, providers, cache, near: () => deps.cache.near?.policy() ?? null })
  const usage = createUsage(deps)
  return {
    ...models,
    ...cache,
    ...createNearAnswers(deps),
    ...createTraces(deps.receipts),
    ...createAuditAnswers(deps.audit),
    providers,
    explain,
    status,
    usage,
    stats: createStats({ status, usage }),
    estimate: createEstimate({ ...deps, explain }),
  }
}
