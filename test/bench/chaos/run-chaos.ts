import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet, redisAwayShare, untilSettled } from '../../fleet/fleet.ts'
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
    /** The same of windows in which Redis was away for some time: each instance has its share then, and its own of before. */
    fullestWithoutRedis: number
  }
}

export interface ChaosSize {
  gateways: number
  callers: number
  /** How long each thing stays wrong, and how long all is well afterwards. */
  lastsMs: number
  /** How long a request waits for Redis; unset: as shipped. On a machine that is busier than any server should be, that is soon over. */
  redisTimeoutMs?: number
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
/** After being told to wait, or finding nobody there. */
const pauseMs = 50

/**
 * Several gateways on one PostgreSQL and one Redis, under load while these come and go. When all is over the ledger, the provider's
 * bills and what callers saw are held against each other.
 */
export const runChaos = async ({ gateways, callers, lastsMs, ...patience }: ChaosSize): Promise<ChaosRun> => {
  await using fleet = await openFleet({
    size: gateways,
    stores: 'postgres + redis',
    rate: { windowMs, maxRequests },
    ...patience,
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
  /** In which Redis was away, or had just come back. */
  const withoutRedis: Period[] = []
  for (const { name, run, withoutRedis: isWithout } of disturbances) {
    phase = name
    const [startedAtMs, startedMs] = [Date.now(), performance.now()]
    faults.push(...(await run(fleet, lastsMs)))
    await sleep(lastsMs)
    lengths.set(name, (performance.now() - startedMs) / 1_000)
    if (isWithout) withoutRedis.push({ fromMs: startedAtMs, untilMs: Date.now() })
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
  const windows = windowsOf(rows)
  const mostOf = (some: readonly Window[]): number => Math.max(0, ...some.map(({ count }) => count)) / maxRequests
  const isWithout = (window: Window): boolean =>
    withoutRedis.some(({ fromMs, untilMs }) => window.fromMs < untilMs && window.untilMs > fromMs)
  const fullestWindow = mostOf(windows.filter((window) => !isWithout(window)))
  const fullestWithoutRedis = mostOf(windows.filter(isWithout))
  return {
    faults: [
      ...faults,
      ...audit({ bills, rows: rows.filter((row) => !inVain(row)), heard, wasKilled: true }),
      ...(unrecorded <= callers
        ? []
        : [`${unrecorded} answers are in no ledger: more than were running when one was killed`]),
      ...(fullestWindow <= 1.01 ? [] : [`in one window ${fullestWindow.toFixed(3)} of the limit was let through`]),
      // One has all of the limit behind it, and each of the others its share before it.
      ...(fullestWithoutRedis <= 1 + (gateways - 1) * redisAwayShare
        ? []
        : [`without Redis ${fullestWithoutRedis.toFixed(3)} of the limit was let through in one window`]),
    ],
    rows: phaseRows(seen, lengths),
    figures: {
      answered: heard.filter(({ kind }) => kind === 'whole').length,
      upstreamAnswers: bills.filter(({ state }) => state === 'whole').length,
      receipts: rows.length,
      unseenAndUnrecorded: unrecorded,
      fullestWindow,
      fullestWithoutRedis,
    },
  }
}

interface Period {
  fromMs: number
  untilMs: number
}

interface Window extends Period {
  /** Requests that were let through in it. */
  count: number
}

/**
 * The window that ends with each request. Of a request it is known when it came and when it was in, not when it was counted: the
 * windows are shorter by as much as lies between, so that none is longer than the limit's.
 */
const windowsOf = (rows: readonly Row[]): readonly Window[] => {
  const blurMs = Math.max(1, ...rows.map(({ admitMs }) => admitMs))
  const times = rows.map(({ receivedAtMs }) => receivedAtMs).toSorted((one, other) => one - other)
  let first = 0
  return times.map((untilMs, last) => {
    while (untilMs - (times[first] ?? untilMs) >= windowMs - blurMs) first += 1
    return { fromMs: times[first] ?? untilMs, untilMs, count: last - first + 1 }
  })
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
