import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { cacheKey, openFolder } from '../../stores/sqlite/cache-folder.ts'
import { clusteredVectors } from '../../perception/support/vectors.ts'
import { entryOf } from '../../cache/entry-of.ts'
import { serve } from '../../support/process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Times from the start of the process, ms. */
export interface StartRow {
  entries: number
  listenMs: number
  /** Until a question that was remembered before the start has its answer again. */
  exactMs: number
  /** Until the worker has read its snapshot. */
  snapshotMs: number
  /** Until the same question is recognised in other words. */
  nearMs: number
  /** Until everything that is kept has been compared with the snapshot. */
  completeMs: number
  rssMb: number
}

const [stored, asked] = ['How can I become a better public speaker?', 'How do I become a better public speaker?']
const patienceMs = 180_000
/** Between two looks: each is a request that the gateway has to serve while it loads. */
const lookEveryMs = 25

/** A gateway that finds `size` remembered questions on its disk, with their snapshot, as it starts: a real one, in a process of its own. */
export const measureStart = async ({ size }: { size: number }): Promise<StartRow> => {
  using folder = temporaryFolder()
  const env = {
    DATA_DIR: folder.path,
    CACHE_KEY: cacheKey(1),
    CACHE_TTL_SECONDS: '604800',
    EMBEDDER: 'int8',
    RATE_LIMIT_MAX_REQUESTS: '1000000',
  }
  await rememberOne(env)
  await fill(folder.path, size - 1)
  // Writes the snapshot as it ends, as one that has run for a while.
  {
    await using gateway = await serve({ ...env, METRICS_PORT: '0' })
    await until(() => gateway.stdout().includes('the near index is complete'))
    await until(() => isTidy(gateway.stdout()))
    gateway.child.kill('SIGTERM')
    await gateway.ended
  }
  const startedMs = performance.now()
  await using gateway = await serve(env)
  const sinceStart = (): number => performance.now() - startedMs
  const listenMs = sinceStart()
  const first = await ask(gateway.url, stored)
  if (first !== 'exact') throw new Error(`The first question was not known any more: ${first}`)
  const exactMs = sinceStart()
  const [snapshotMs, nearMs, completeMs] = await Promise.all([
    until(() => gateway.stdout().includes('the snapshot of the near index is read')).then(sinceStart),
    until(async () => (await ask(gateway.url, asked)) === 'near').then(sinceStart),
    until(() => gateway.stdout().includes('the near index is complete')).then(sinceStart),
  ])
  return { entries: size, listenMs, exactMs, snapshotMs, nearMs, completeMs, rssMb: residentMb(gateway.child.pid) }
}

/** Whether all are in their graphs. */
const isTidy = async (stdout: string): Promise<boolean> => {
  const url = /"message":"metrics on ([^"]+)"/.exec(stdout)?.[1]
  if (url === undefined) return false
  const reply = await fetch(url)
  return /^near_index_untidy_entries 0$/m.test(await reply.text())
}

/** The one question that will be asked again, kept by a gateway itself: only that knows the partition. */
const rememberOne = async (env: Readonly<Record<string, string>>): Promise<void> => {
  await using gateway = await serve(env)
  // Before its models are there nothing is compared.
  await until(() => gateway.stdout().includes('the pair model is ready'))
  await ask(gateway.url, stored)
  await until(async () => (await ask(gateway.url, asked)) === 'near')
  gateway.child.kill('SIGTERM')
  await gateway.ended
}

/** Others', half of them in one partition, the rest ten to one. */
const fill = async (dataDir: string, size: number): Promise<void> => {
  const { entries, ...folder } = await openFolder({
    dataDir,
    maxBytes: 1e12,
    hotBytes: 0,
    clock: { now: () => Date.now() },
  })
  await using _folder = folder
  const nowMs = Date.now()
  const vectors = clusteredVectors(size, 384, 3)
  for (let from = 0; from < size; from += 500)
    await Promise.all(
      vectors.slice(from, from + 500).map((vector, place) => {
        const at = from + place
        const partition = at % 2 === 0 ? 'large' : `small ${Math.trunc(at / 20)}`
        return entries.set({
          ...entryOf({ key: `filled-${at}`, createdAtMs: nowMs, expiresAtMs: nowMs + 6 * 86_400_000 }),
          scope: `scope ${at % 100}`,
          ownerId: `key_${at % 100}`,
          near: { partition, text: `What is the matter with number ${at}?`, vector },
        })
      }),
    )
}

const ask = async (url: string, content: string): Promise<string | null> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // What is asked in other words is not kept: each time only the first question can be what is recognised.
    body: JSON.stringify({
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content }],
      ...(content === asked ? { cache_ttl: 0 } : {}),
    }),
  })
  await reply.arrayBuffer()
  return reply.headers.get('x-gateway-cache')
}

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const startedMs = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedMs > patienceMs)
      throw new Error('It takes more than three minutes: something is wrong')
    await delay(lookEveryMs)
  }
}

const residentMb = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1e3
