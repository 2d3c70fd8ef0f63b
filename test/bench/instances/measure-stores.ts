import { openFleet } from '../../fleet/fleet.ts'
import type { Fleet, FleetOptions } from '../../fleet/fleet.ts'
import { crowd } from '../../load/crowd.ts'

/** One gateway over one choice of stores, beside the one that keeps everything by itself. */
export interface StoresRow {
  stores: FleetOptions['stores']
  requestsPerSecond: number
  medianMs: number
  /** Of the embedded stores': throughput, and what is added to the median. */
  throughputRatio: number
  medianRatio: number
}

const kinds = ['sqlite', 'postgres', 'postgres + redis'] as const

/**
 * The same requests to each in turn, `rounds` times over, so that what else the machine does falls on all alike; the provider
 * answers at once.
 */
export const measureStores = async (size: {
  rounds: number
  requests: number
  callers: number
}): Promise<readonly StoresRow[]> => {
  await using resources = new AsyncDisposableStack()
  const fleets = new Map<FleetOptions['stores'], Fleet>()
  for (const stores of kinds) fleets.set(stores, resources.use(await openFleet({ size: 1, stores, rate: null })))
  const seen = new Map(kinds.map((stores) => [stores, { perSecond: [] as number[], ms: [] as number[] }]))
  let calls = 0
  // The first round makes ready what the others find.
  for (let round = -1; round < size.rounds; round += 1)
    for (const [stores, { instances }] of fleets) {
      const startedMs = performance.now()
      const times = await crowd(size.requests, size.callers, async () => {
        const call = calls++
        const sentMs = performance.now()
        const order = { call, frames: 4, padChars: 0, startMs: 0, everyMs: 0 }
        const heard = await instances[0]?.ask(order, { stream: false })
        if (heard?.kind !== 'whole') throw new Error(`Call ${call} was ${heard?.kind}`)
        return performance.now() - sentMs
      })
      const perSecond = (1_000 * size.requests) / (performance.now() - startedMs)
      if (round < 0) continue
      seen.get(stores)?.perSecond.push(perSecond)
      seen.get(stores)?.ms.push(...times)
    }
  const figuresOf = (stores: FleetOptions['stores']) => ({
    requestsPerSecond: medianOf(seen.get(stores)?.perSecond ?? []),
    medianMs: medianOf(seen.get(stores)?.ms ?? []),
  })
  const alone = figuresOf('sqlite')
  return kinds.map((stores) => {
    const figures = figuresOf(stores)
    return {
      stores,
      ...figures,
      throughputRatio: figures.requestsPerSecond / alone.requestsPerSecond,
      medianRatio: figures.medianMs / alone.medianMs,
    }
  })
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN
