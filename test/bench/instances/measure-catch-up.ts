import { setTimeout as delay } from 'node:timers/promises'
import { shareEntries } from '../../../src/stores/entries/shared-entries.ts'
import { createEntries } from '../../../src/stores/memory/entries.ts'
import { openEntryNews } from '../../../src/stores/redis/entry-news.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { clusteredVectors } from '../../perception/support/vectors.ts'
import { settingsOf } from '../../stores/redis/open.ts'
import { cacheKey, vaultOf } from '../../stores/sqlite/cache-folder.ts'
import { serve } from '../../support/process.ts'
import { startRedis } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Times from the start of a new instance's process, s. */
export interface CatchUpRow {
  entries: number
  listenS: number
  /** Until it has heard of every answer that the others remember. */
  heardS: number
  /** Until its index has them all. */
  indexedS: number
}

const dayMs = 86_400_000
const patienceMs = 600_000
const maxNewsBytes = 1_000_000_000
/** Of what waits to be told there is room for 10,000. */
const mostWaiting = 5_000

/** An instance that starts beside others that remember `size` near answers, all of them in Redis. */
export const measureCatchUp = async ({ size }: { size: number }): Promise<CatchUpRow> => {
  await using redis = await startRedis()
  using folder = temporaryFolder()
  await tellAll(redis.url, size)
  const startedMs = performance.now()
  const sinceS = (): number => (performance.now() - startedMs) / 1_000
  await using gateway = await serve({
    DATA_DIR: folder.path,
    REDIS_URL: redis.url,
    CACHE_KEY: cacheKey(1),
    CACHE_MAX_BYTES: '4000000000',
    EMBEDDER: 'int8',
    METRICS_PORT: '0',
  })
  const listenS = sinceS()
  const scrapedAt = await metricsOf(gateway)
  await until(async () => (await read(scrapedAt, 'instances_news_caught_up{topic="entries"}')) === 1)
  const heardS = sinceS()
  await until(async () => (await read(scrapedAt, 'near_index_entries')) === size)
  return { entries: size, listenS, heardS, indexedS: sinceS() }
}

/** As an instance does that remembers them, one after the other. */
const tellAll = async (url: string, size: number): Promise<void> => {
  const clock = { now: () => Date.now() }
  const logger = { warn: () => undefined }
  const settings = {
    redis: settingsOf(url),
    vault: await vaultOf(1),
    maxBytes: maxNewsBytes,
    place: null,
    clock,
    logger,
  }
  const news = openEntryNews(settings)
  await using entries = shareEntries({ entries: createEntries({ maxBytes: 1, clock }), news, clock, logger })
  const nowMs = clock.now()
  for (const [at, vector] of clusteredVectors(size, 384, 4).entries()) {
    const partition = at % 2 === 0 ? 'large' : `small ${Math.trunc(at / 20)}`
    await entries.set({
      ...entryOf({ key: `told-${at}`, createdAtMs: nowMs, expiresAtMs: nowMs + dayMs }),
      near: { partition, text: `What is the matter with number ${at}?`, vector },
    })
    while (news.facts().waiting > mostWaiting) await delay(5)
  }
  await until(async () => news.facts().waiting === 0)
}

const metricsOf = async (gateway: Awaited<ReturnType<typeof serve>>): Promise<string> => {
  await until(async () => gateway.stdout().includes('"message":"metrics on '))
  return /"message":"metrics on (\S+)"/.exec(gateway.stdout())?.[1] ?? ''
}

const read = async (url: string, series: string): Promise<number | null> => {
  const lines = (await (await fetch(url)).text()).split('\n')
  const line = lines.find((one) => one.startsWith(`${series} `))
  return line === undefined ? null : Number(line.slice(series.length))
}

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  const startedMs = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedMs > patienceMs)
      throw new Error('It takes more than ten minutes: something is wrong')
    // Each look costs the gateway a rendering of all metrics.
    await delay(250)
  }
}
