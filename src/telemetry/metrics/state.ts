import type { ProviderHealth } from '../../contract/health.ts'
import { catalogue } from './catalogue.ts'
import type { createInstruments } from './instruments.ts'

/** What is asked at every scrape, because nobody tells when it changes. */
export interface StateReaders {
  /** Of every provider row that can be called. */
  providers: () => readonly ProviderHealth[]
  cache: () => Promise<{ entries: number; bytes: number; maxBytes: number }>
  isReady: () => boolean
}

const circuits = ['closed', 'open', 'half_open'] as const satisfies readonly ProviderHealth['circuit'][]

export const showState = ({ gauge }: ReturnType<typeof createInstruments>, readers: StateReaders): void => {
  const { providers, cache, isReady } = readers
  const ofProviders = (read: (health: ProviderHealth) => number) => async () =>
    providers().map((health) => [{ provider: health.provider }, read(health)] as const)
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
    ofProviders(({ maxConcurrent }) => maxConcurrent),
  )
  gauge(
    catalogue.queue,
    ofProviders(({ waiting }) => waiting),
  )
  gauge(
    catalogue.cacheEntries,
    alone(async () => (await cache()).entries),
  )
  gauge(
    catalogue.cacheBytes,
    alone(async () => (await cache()).bytes),
  )
  gauge(
    catalogue.cacheMaxBytes,
    alone(async () => (await cache()).maxBytes),
  )
  gauge(
    catalogue.ready,
    alone(() => Number(isReady())),
  )
}
