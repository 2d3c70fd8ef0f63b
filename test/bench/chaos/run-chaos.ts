import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet, untilSettled } from '../../fleet/fleet.ts'
import type { Instance } from '../../fleet/fleet.ts'
import { audit } from '../../load/audit.ts'
import type { Heard } from '../../load/caller.ts'
import type { Row } from '../../load/ledger.ts'
import { disturbances } from './disturbances.ts'

/** What callers saw while one thing was wrong, and until all was well again. */
export interface PhaseRow {
  name: string
  does: string
  seconds: number
  asked: number
  answered: number
  /** By what they were told, e.g. `429 rate_limited`, or how they were left without a word. */
  others: Readonly<Record<string, number>>
  /** Times of answers: the median beside that of the calm phase, and the longest in seconds. */
  medianRatio: number
  longestS: number
}

export interface ChaosRun {
  faults: readonly string[]
  rows: readonly PhaseRow[]
  figures: {
    answered: number
    upstreamAnswers: number
    receipts: number
    /** Answers that nobody saw the end of, and that have no receipt: those of the gateway that was killed. */
    unseenAndUnrecorded: number
    /** The most requests that were let through in any window, beside the limit: 1 is all of it. */
    fullestWindow: number
  }
}

export interface ChaosSize {
  gateways: number
  callers: number
  /** How long each thing stays wrong, and how long all is well afterwards. */
  lastsMs: number
}

interface Seen {
  heard: Heard
  phase: string
  tookMs: number
}

/** As long as each window of the limit is; all callers are one to the gateways. */
const windowMs = 5_000
/** Less than they would ask, so that the limit is felt at all times. */
const maxRequests = 400
/** Of a request that is let through the moment is not known better than by its receipt. */
const blurMs = 250
/** After being told to wait, or finding nobody there. */
const pauseMs = 50

/**
 * Several gateways on one PostgreSQL and one Redis, under load while these come and go. When all is over the ledger, the provider's
 * bills and what callers saw are held against each other.
 */
export const runChaos = async ({ gateways, callers, lastsMs }: ChaosSize): Promise<ChaosRun> => {
  await using fleet = await openFleet({
    size: gateways,
    stores: 'postgres + redis',
    rate: { windowMs, maxRequests },
  })
  const seen: Seen[] = []
  const faults: string[] = []
  let [calls, phase, isOver] = [0, 'calm', false]

  /** As a load balancer: in turn, and only to those that are up. */
  const nextUp = (call: number): Instance | undefined => {
    const up = fleet.instances.filter((instance) => instance.isUp())
    return up[call % up.length]
  }
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const call = calls++
      const stream = call % 2 === 0
      const startedMs = performance.now()
      const order = { call, frames: 8, padChars: 0, startMs: 10 + (call % 30), everyMs: stream ? 5 : 0 }
      const heard = await nextUp(call)?.ask(order, { stream })
      // It counts where it ended: what ended it is of that moment.
      if (heard) seen.push({ heard, phase, tookMs: performance.now() - startedMs })
      if (heard?.kind !== 'whole') await sleep(pauseMs)
    }
  }
  const lanes = Promise.all(Array.from({ length: callers }, lane))
  // The first answers make much ready.
  phase = 'start'
  await sleep(1_000)
  const lengths = new Map<string, number>()
  for (const { name, run } of disturbances) {
    phase = name
    const startedMs = performance.now()
    faults.push(...(await run(fleet, lastsMs)))
    await sleep(lastsMs)
    lengths.set(name, (performance.now() - startedMs) / 1_000)
  }
  isOver = true
  await lanes

  // What lies in journals is written down once PostgreSQL is there, which the gateways look after every few seconds.
  await untilSettled(async () => (await fleet.receipts()).length, 7_000, 60_000)
  const [rows, bills] = [await fleet.receipts(), await fleet.upstream.bills()]
  const heard = seen.map((one) => one.heard)
  const recorded = new Set(rows.map(({ call }) => call))
  const unrecorded = bills.filter(({ call }) => !recorded.has(call)).length
  const asked = new Set(bills.map(({ call }) => call))
  // Those that were refused before any provider was asked.
  const inVain = ({ call, outcome }: Row): boolean => outcome === 'failed' && !asked.has(call)
  const fullestWindow = fullestOf(rows) / maxRequests
  return {
    faults: [
      ...faults,
      ...audit({ bills, rows: rows.filter((row) => !inVain(row)), heard, wasKilled: true }),
      ...(unrecorded <= callers
        ? []
        : [`${unrecorded} answers are in no ledger: more than were running when one was killed`]),
      ...(fullestWindow <= 1.01 ? [] : [`in one window ${fullestWindow.toFixed(3)} of the limit was let through`]),
    ],
    rows: phaseRows(seen, lengths),
    figures: {
      answered: heard.filter(({ kind }) => kind === 'whole').length,
      upstreamAnswers: bills.filter(({ state }) => state === 'whole').length,
      receipts: rows.length,
      unseenAndUnrecorded: unrecorded,
      fullestWindow,
    },
  }
}

/** The most receipts of one window, which was cut short by what their moments are uncertain of. */
const fullestOf = (rows: readonly Row[]): number => {
  const times = rows.map(({ receivedAtMs }) => receivedAtMs).toSorted((one, other) => one - other)
  let [fullest, first] = [0, 0]
  for (const [last, time] of times.entries()) {
    while (time - (times[first] ?? time) >= windowMs - blurMs) first += 1
    fullest = Math.max(fullest, last - first + 1)
  }
  return fullest
}

const phaseRows = (seen: readonly Seen[], lengths: ReadonlyMap<string, number>): PhaseRow[] => {
  const timesOf = (name: string): number[] =>
    seen
      .filter(({ phase, heard }) => phase === name && heard.kind === 'whole')
      .map(({ tookMs }) => tookMs)
      .toSorted((one, other) => one - other)
  const medianOf = (times: readonly number[]): number => times[times.length >> 1] ?? Number.NaN
  const calmMs = medianOf(timesOf('calm'))
  return disturbances.map(({ name, does }) => {
    const during = seen.filter(({ phase }) => phase === name)
    const times = timesOf(name)
    const others: Record<string, number> = {}
    for (const { heard } of during) {
      if (heard.kind === 'whole') continue
      const what = heard.kind === 'refused' ? `${heard.status} ${heard.code}` : heard.kind
      others[what] = (others[what] ?? 0) + 1
    }
    return {
      name,
      does,
      seconds: lengths.get(name) ?? 0,
      asked: during.length,
      answered: times.length,
      others,
      medianRatio: medianOf(times) / calmMs,
      longestS: (times.at(-1) ?? 0) / 1_000,
    }
  })
}
