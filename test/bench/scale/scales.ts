import { statfsSync } from 'node:fs'
import { openCountingSandbox } from '../../../src/open-parts.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { fillKeys, fillLedger, ledgerSpanMs, secretOf } from './fill.ts'
import { startGateway } from './gateway.ts'
import type { MeasuredGateway } from './gateway.ts'
import { askAll, callTool, costBeside, costOf, questionOf } from './load.ts'
import type { Asked } from './load.ts'
import { inPairs } from './pairs.ts'
import type { Figures, Line } from './pairs.ts'

/** What grows, from where to where. */
export interface Sizes {
  receipts: readonly [small: number, large: number]
  keys: readonly [small: number, large: number]
  entries: readonly [small: number, large: number]
}

export interface Effort {
  rounds: number
  /** In each round, at each size. */
  requests: number
}

/** One work, measured at both sizes. */
export interface Comparison {
  grows: keyof Sizes
  work: string
  lines: readonly Line[]
}

interface Subject {
  size: number
  dataDir: string
  gateway: MeasuredGateway
}

/** Measures everything, telling `say` what it is at. */
export const measureScales = async (sizes: Sizes, effort: Effort, say: (line: string) => void) => {
  await using sandbox = await openCountingSandbox({ pace: { firstTokenMs: 0, betweenTokensMs: 0 }, keepRequests: 1 })
  const comparisons: Comparison[] = []
  for (const scale of [ledger, callers, cache])
    for await (const comparison of scale(sizes, effort, sandbox.url)) {
      say(`${comparison.grows}: ${comparison.work}`)
      comparisons.push(comparison)
    }
  return comparisons
}

type Scale = (sizes: Sizes, effort: Effort, upstreamUrl: string) => AsyncGenerator<Comparison>

const ledger: Scale = async function* (sizes, { rounds, requests }, upstreamUrl) {
  const nowMs = Date.now()
  await using pair = await openPair(sizes.receipts, async (size, dataDir) => {
    assertRoom(dataDir, size * 5_000)
    await fillLedger(dataDir, size, nowMs)
    return { dataDir, upstreamUrl, authMode: 'none', cacheEntries: 10_000 }
  })
  const compare = comparing('receipts', pair)
  const fresh = (mark: string) => asked(requests, (nth) => questionOf(`${mark}.${nth}`, { use_cache: false }))
  await pair.each(async ({ gateway }) => void (await askAll(gateway.url, fresh('warm'), 'bypass')))

  yield compare('an answer, and its receipt', rounds, ({ gateway }, round) =>
    costOf(gateway, fresh(`fresh ${round}`), 'bypass'),
  )
  const ask = (nth: number): Asked => ({ body: questionOf(`beside ${nth}`, { use_cache: false }) })
  for (const group_by of ['model', 'caller'])
    yield compare(`usage of 30 days by ${group_by}, beside answers`, Math.min(rounds, 3), ({ gateway }) =>
      costBeside(gateway, () => callTool(gateway.url, 'get_usage_stats', { group_by }), { ask, cache: 'bypass' }),
    )
  // As many receipts at either size, from the far end of the ledger.
  const pruned = Math.floor(sizes.receipts[0] / 8)
  yield compare(`deleting ${pruned} old receipts, beside answers`, Math.min(rounds, 3), ({ size, gateway }, round) => {
    const beforeMs = nowMs - ledgerSpanMs + Math.ceil(((round + 1) * pruned * ledgerSpanMs) / size)
    return costBeside(gateway, () => gateway.prune(beforeMs), { ask, cache: 'bypass' })
  })
  yield compare('memory after all this', 1, memory)
  yield compare('start of the process until it listens', Math.min(rounds, 5), async ({ dataDir }) => {
    await using gateway = await startGateway({ dataDir, upstreamUrl, authMode: 'none', cacheEntries: 10_000 })
    return { 'ready, ms': gateway.readyMs }
  })
}

const callers: Scale = async function* (sizes, { rounds, requests }, upstreamUrl) {
  await using pair = await openPair(sizes.keys, async (size, dataDir) => {
    await fillKeys(dataDir, size)
    return { dataDir, upstreamUrl, authMode: 'api-key', cacheEntries: 100_000 }
  })
  const compare = comparing('keys', pair)
  // Remembered for a few callers, who lie evenly among all.
  const voices = 20
  const known = (size: number, count: number) =>
    Array.from({ length: count }, (_, nth) => ({
      body: questionOf('one'),
      secret: secretOf(Math.floor(((nth % voices) * size) / voices)),
    }))
  await pair.each(async ({ size, gateway }) => {
    const distinct = new Map(known(size, voices).map((request) => [request.secret, request]))
    await askAll(gateway.url, [...distinct.values()], 'miss')
    await askAll(gateway.url, known(size, requests), 'exact')
  })
  yield compare('an exact hit by one of them', rounds, ({ size, gateway }) =>
    costOf(gateway, known(size, requests), 'exact'),
  )
  yield compare('memory after all this', 1, memory)
}

const cache: Scale = async function* (sizes, { rounds, requests }, upstreamUrl) {
  await using pair = await openPair(sizes.entries, async (size, dataDir) => ({
    dataDir,
    upstreamUrl,
    authMode: 'none',
    cacheEntries: size,
  }))
  const compare = comparing('entries', pair)
  const again = Math.min(100, requests)
  const known = asked(requests, (nth) => questionOf(`known ${nth % again}`))
  await pair.each(async ({ size, gateway }) => {
    // More than there is room for: from here on each new one drives an old one out.
    await gateway.fillCache(size + 10)
    await askAll(gateway.url, known.slice(0, again), 'miss')
    await askAll(gateway.url, known, 'exact')
  })

  yield compare('an exact hit', rounds, ({ gateway }) => costOf(gateway, known, 'exact'))
  // No more new ones than leave the known ones in.
  const written = Math.min(requests, Math.floor(sizes.entries[0] / 4 / rounds))
  yield compare('a miss, remembered in place of another', rounds, ({ gateway }, round) =>
    costOf(
      gateway,
      asked(written, (nth) => questionOf(`new ${round}.${nth}`)),
      'miss',
    ),
  )
  const beside = { ask: (nth: number): Asked => ({ body: questionOf(`known ${nth % again}`) }), cache: 'exact' }
  yield compare('gateway_status, beside hits', Math.min(rounds, 3), ({ gateway }) =>
    costBeside(gateway, () => callTool(gateway.url, 'gateway_status', {}), beside),
  )
  yield compare('memory after all this', 1, memory)
  const none = { ask: (nth: number): Asked => ({ body: questionOf(`${nth}`, { use_cache: false }) }), cache: 'bypass' }
  yield compare('clearing it, beside answers', 1, ({ gateway }) =>
    costBeside(
      gateway,
      () => callTool(gateway.url, 'manage_cache', { action: 'clear', scope: 'all', dry_run: false }),
      none,
    ),
  )
}

const memory = async ({ gateway }: Subject): Promise<Figures> => {
  const { rssMb } = await gateway.strainOf(async () => {})
  return { 'resident, MB': rssMb }
}

const asked = (count: number, bodyOf: (nth: number) => object): Asked[] =>
  Array.from({ length: count }, (_, nth) => ({ body: bodyOf(nth) }))

const comparing =
  (grows: keyof Sizes, { small, large }: Pair) =>
  async (work: string, rounds: number, measure: (subject: Subject, round: number) => Promise<Figures>) => ({
    grows,
    work,
    lines: await inPairs({ small, large, rounds, measure }),
  })

interface Pair extends AsyncDisposable {
  small: Subject
  large: Subject
  each(work: (subject: Subject) => Promise<void>): Promise<void>
}

const openPair = async (
  [smallSize, largeSize]: readonly [number, number],
  prepare: (size: number, dataDir: string) => Promise<Parameters<typeof startGateway>[0]>,
): Promise<Pair> => {
  await using resources = new AsyncDisposableStack()
  const open = async (size: number): Promise<Subject> => {
    const { path: dataDir } = resources.use(temporaryFolder())
    const gateway = resources.use(await startGateway(await prepare(size, dataDir)))
    return { size, dataDir, gateway }
  }
  const [small, large] = await Promise.all([open(smallSize), open(largeSize)])
  const owned = resources.move()
  return {
    small,
    large,
    each: async (work) => {
      for (const subject of [small, large]) await work(subject)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** @throws Error before a disk is filled to its end */
const assertRoom = (folder: string, bytes: number): void => {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < bytes)
    throw new Error(`${folder} has no room for ${Math.ceil(bytes / 2 ** 30)} GiB: set TMPDIR to a folder that has.`)
}
