import { readFileSync } from 'node:fs'
import { openConnection } from './connection.ts'
import type { Contender, Door } from './contender.ts'

/** What one run of one door measured. */
export interface Run {
  requests: number
  perSecond: number
  /** Of whole replies, in milliseconds. */
  p50Ms: number
  p99Ms: number
  /** Until the first byte of the body. */
  firstP50Ms: number
  /** Of the contender's process alone; null where the system does not tell (no /proc) or nothing stands between. */
  cpuMicrosPerRequest: number | null
}

/** Asks one door as fast as it answers, by `connections` callers who each wait for their answer, for `durationMs`. */
export const drive = async (
  contender: Pick<Contender, 'pid'>,
  door: Door,
  { connections, durationMs }: { connections: number; durationMs: number },
): Promise<Run> => {
  using open = new DisposableStack()
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(door.url)))
  for (const connection of opened) open.use(connection)

  const whole: number[] = []
  const first: number[] = []
  const cpuBefore = cpuMicrosOf(contender.pid)
  const startedAt = performance.now()
  const caller = async (connection: (typeof opened)[number]): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      const { firstMs, wholeMs } = await connection.exchange(door.request(), door.mustHold)
      first.push(firstMs)
      whole.push(wholeMs)
    }
  }
  await Promise.all(opened.map(caller))
  const elapsedMs = performance.now() - startedAt
  const cpuAfter = cpuMicrosOf(contender.pid)

  return {
    requests: whole.length,
    perSecond: (whole.length / elapsedMs) * 1_000,
    p50Ms: quantile(whole, 0.5),
    p99Ms: quantile(whole, 0.99),
    firstP50Ms: quantile(first, 0.5),
    cpuMicrosPerRequest: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / whole.length,
  }
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** Linux counts a process's time in ticks of 10 ms: exact enough over the thousands of requests of a run. */
const cpuMicrosOf = (pid: number | null): number | null => {
  if (pid === null || process.platform !== 'linux') return null
  // The second field is the program's name in brackets, which may hold spaces; user and system time are the 14th and 15th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
