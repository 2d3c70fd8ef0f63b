import type { CacheStats } from './cache.ts'
import type { ProviderAnswer } from './providers.ts'
import type { Status } from './status.ts'
import type { UsageAnswer, UsageQuestion } from './usage.ts'

/** What a dashboard shows first: how the gateway is, and what it did in a span of time. */
export interface Stats extends Pick<Status, 'ready' | 'reasons' | 'version' | 'startedAtMs' | 'uptimeMs'> {
  usage: UsageAnswer
  /** Everybody's for an admin, else the caller's own. */
  cache: CacheStats
  /** Those that can be called. */
  providers: readonly ProviderAnswer[]
}

export type StatsQuestion = Omit<UsageQuestion, 'groupBy' | 'tag'>

/** @throws GatewayError as a question about usage does */
export const createStats =
  (deps: {
    status: (caller: UsageQuestion['caller']) => Promise<Status>
    usage: (question: UsageQuestion) => Promise<UsageAnswer>
  }) =>
  async (question: StatsQuestion): Promise<Stats> => {
    const usage = await deps.usage({ ...question, groupBy: 'provider' })
    const { ready, reasons, version, startedAtMs, uptimeMs, cache, providers } = await deps.status(question.caller)
    const callable = providers.filter(({ health }) => health !== null)
    return { ready, reasons, version, startedAtMs, uptimeMs, usage, cache, providers: callable }
  }
