import type { ProviderHealth } from '../../contract/health.ts'
import type { NewsFacts } from '../../contract/news.ts'
import type { IndexFacts, PerceptionStatus } from '../../contract/perception.ts'
import type { SharedCounts } from '../../contract/store.ts'
import { catalogue } from './catalogue.ts'
import type { createInstruments } from './instruments.ts'
import { showNear } from './near.ts'
import type { NearFigures } from './near.ts'

/** What is asked at every scrape, because nobody tells when it changes. */
export interface StateReaders {
  /** Of every provider row that can be called. */
  providers: () => readonly ProviderHealth[]
  cache: () => Promise<{ entries: number; bytes: number; maxBytes: number }>
  isReady: () => boolean
  /** Of each port that Redis serves: whether it does not at the moment. */
  redisAway: () => Readonly<Partial<Record<'counters' | 'entries', boolean>>>
  /** Null where each instance remembers for itself. */
  shared: () => SharedCounts | null
  /** Null where there is to be no embedder. */
  perception: () => PerceptionStatus | null
  /** Null where there are no near answers. */
  near: () => NearFigures | null
  /** Of each kind; empty where there is one instance. */
  news: () => readonly (NewsFacts & { topic: string })[]
}

const circuits = ['closed', 'open', 'half_open'] as const satisfies readonly ProviderHealth['circuit'][]

export const showState = (instruments: ReturnType<typeof createInstruments>, readers: StateReaders): void => {
  const { gauge } = instruments
  showPerception(instruments, readers)
  showNear(instruments, readers.near)
  showNews(instruments, readers)
  showShared(instruments, readers)
  const { providers, cache, isReady, redisAway } = readers
  const ofProviders = (read: (health: ProviderHealth) => number) => async () =>
    providers().map((health) => [{ provider: health.provider }, read(health)] as const)
  /** As it was last, where the store cannot tell: the rest is shown all the same. */
  const ofCache = (read: (facts: Awaited<ReturnType<typeof cache>>) => number) => async () => {
    const facts = await cache().catch(() => null)
    return facts ? [[{}, read(facts)] as const] : []
  }
  const alone = (read: () => number | Promise<number>) => async () => [[{}, await read()] as const]

  gauge(catalogue.circuit, async () =>
    providers().flatMap(({ provider, circuit }) =>
      circuits.map((state) => [{ provider, state }, Number(state === circuit)] as const),
    ),
  )
  gauge(
    catalogue.callsInFlight,
    ofProviders(({ inFlight }) => inFlight),
  )
  gauge(
    catalogue.slots,
    ofProviders(({ slots }) => slots),
  )
  gauge(
    catalogue.queue,
    ofProviders(({ waiting }) => waiting),
  )
  gauge(
    catalogue.cacheEntries,
    ofCache(({ entries }) => entries),
  )
  gauge(
    catalogue.cacheBytes,
    ofCache(({ bytes }) => bytes),
  )
  gauge(
    catalogue.cacheMaxBytes,
    ofCache(({ maxBytes }) => maxBytes),
  )
  gauge(catalogue.redisAway, async () =>
    Object.entries(redisAway()).map(([store, isAway]) => [{ store }, Number(isAway)] as const),
  )
  gauge(
    catalogue.ready,
    alone(() => Number(isReady())),
  )
}

const fates = ['told', 'heard', 'dropped', 'skipped'] as const satisfies readonly (keyof NewsFacts)[]

const showNews = (
  { gauge, total }: ReturnType<typeof createInstruments>,
  { news }: Pick<StateReaders, 'news'>,
): void => {
  const ofTopics = (read: (facts: NewsFacts) => number) => async () =>
    news().map((facts) => [{ topic: facts.topic }, read(facts)] as const)
  total(catalogue.news, () =>
    news().flatMap((facts) => fates.map((fate) => [{ topic: facts.topic, fate }, facts[fate]] as const)),
  )
  gauge(
    catalogue.newsWaiting,
    ofTopics(({ waiting }) => waiting),
  )
  gauge(
    catalogue.newsLag,
    ofTopics(({ lagMs }) => lagMs / 1000),
  )
  gauge(
    catalogue.newsCaughtUp,
    ofTopics(({ isCaughtUp }) => Number(isCaughtUp)),
  )
}

const showShared = (
  { total }: ReturnType<typeof createInstruments>,
  { shared }: Pick<StateReaders, 'shared'>,
): void => {
  total(catalogue.sharedLooks, () => {
    const now = shared()
    if (!now) return []
    const { hits: hit, misses: miss, failedLooks: failed } = now
    return Object.entries({ hit, miss, failed }).map(([looked, count]) => [{ looked }, count] as const)
  })
  total(catalogue.sharedWrites, () => {
    const now = shared()
    if (!now) return []
    const { kept, declined, overtaken, lost } = now
    return Object.entries({ kept, declined, overtaken, lost }).map(([written, count]) => [{ written }, count] as const)
  })
}

const showPerception = (
  { gauge, total }: ReturnType<typeof createInstruments>,
  { perception }: Pick<StateReaders, 'perception'>,
): void => {
  const ofStatus = (read: (status: PerceptionStatus) => number) => async () => {
    const status = perception()
    return status ? [[{}, read(status)] as const] : []
  }
  const ofIndex = (read: (index: IndexFacts) => number) => ofStatus(({ index }) => (index ? read(index) : 0))

  total(catalogue.perceived, () =>
    Object.entries(perception()?.tallies ?? {}).map(
      ([what, count]) => [{ perceived: what.replaceAll('-', '_') }, count] as const,
    ),
  )
  total(catalogue.workersEnded, () => {
    const status = perception()
    if (!status) return []
    return [[{ ending: 'ended' }, status.ended - status.stuck] as const, [{ ending: 'stuck' }, status.stuck] as const]
  })
  gauge(
    catalogue.nearEntries,
    ofIndex(({ entries }) => entries),
  )
  gauge(
    catalogue.nearPartitions,
    ofIndex(({ partitions }) => partitions),
  )
  gauge(
    catalogue.nearUntidy,
    ofIndex(({ untidy }) => untidy),
  )
  gauge(
    catalogue.nearBytes,
    ofIndex(({ bytes }) => bytes),
  )
  gauge(
    catalogue.nearComplete,
    ofStatus(({ near }) => Number(near.phase === 'following')),
  )
}
