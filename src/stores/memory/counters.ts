import type { Counters } from '../../contract/store.ts'

/** The hits of one key that may still be in its window, oldest first; those of one moment together. */
export interface HitLog {
  hits: { atMs: number; weight: number }[]
  /** Of all of them. */
  weight: number
  windowMs: number
}

interface MemoryCounters extends Counters {
  /** Those of every key that has hits, as they are at any moment. */
  logs: ReadonlyMap<string, Readonly<HitLog>>
}

/**
 * A sliding window as a log of its hits: exact at any moment, where counting by fixed or weighted windows lets up to twice
 * the limit through around a boundary. A key takes as many numbers as moments were hit, and nothing once its window has
 * passed.
 */
export const createCounters = (): MemoryCounters => {
  const logs = new Map<string, HitLog>()
  /** Keys by the length of their window, each in order of the last hit: idle ones are at the front. */
  const inOrder = new Map<number, Set<string>>()

  const forget = (key: string, { windowMs }: HitLog): void => {
    logs.delete(key)
    inOrder.get(windowMs)?.delete(key)
  }
  const keep = (key: string, log: HitLog): void => {
    logs.set(key, log)
    const keys = inOrder.get(log.windowMs) ?? new Set()
    inOrder.set(log.windowMs, keys.add(key))
  }
  const dropIdle = (nowMs: number): void => {
    for (const keys of inOrder.values())
      for (const key of keys) {
        const log = logs.get(key)
        if (log && (log.hits.at(-1)?.atMs ?? -Infinity) + log.windowMs > nowMs) break
        if (log) forget(key, log)
      }
  }

  return {
    logs,

    hit: async ({ key, nowMs, atMs = nowMs, windowMs, max, weight = 1 }) => {
      dropIdle(nowMs)
      const known = logs.get(key)
      if (known) forget(key, known)
      const log = { ...(known ?? { hits: [], weight: 0 }), windowMs }
      const { hits } = log
      // In order, so that only what leaves is touched, however many stay.
      const stays = hits.findIndex((hit) => hit.atMs > nowMs - windowMs)
      const left = hits.splice(0, stays === -1 ? hits.length : stays)
      // Hits further ahead than a window were counted before the clock was set back, and would refuse until it is there again.
      const ahead = hits.splice(hits.findLastIndex((hit) => hit.atMs <= nowMs + windowMs) + 1)
      for (const gone of [...left, ...ahead]) log.weight -= gone.weight

      const lacking = weight === 0 ? 0 : log.weight + weight - max
      if (lacking <= 0 && weight > 0) {
        add(hits, atMs, weight)
        log.weight += weight
      }
      if (hits.length > 0) keep(key, log)
      const says = {
        remaining: Math.max(0, max - log.weight),
        resetMs: (hits[0]?.atMs ?? nowMs - windowMs) + windowMs - nowMs,
      }
      return lacking <= 0
        ? { allowed: true, ...says }
        : { allowed: false, ...says, retryAfterMs: leavesAtMs(hits, lacking, nowMs) + windowMs - nowMs }
    },

    settle: async ({ key, atMs, change }) => {
      const log = logs.get(key)
      const index = log?.hits.findLastIndex((hit) => hit.atMs === atMs) ?? -1
      const hit = log?.hits[index]
      if (!log || !hit) return false
      const changed = Math.max(-hit.weight, change)
      hit.weight += changed
      log.weight += changed
      if (hit.weight === 0) log.hits.splice(index, 1)
      if (log.hits.length === 0) forget(key, log)
      return true
    },
  }
}

/** Keeps the log in order also when the clock stepped back a little. */
const add = (hits: HitLog['hits'], atMs: number, weight: number): void => {
  const index = hits.findLastIndex((hit) => hit.atMs <= atMs)
  const last = hits[index]
  if (last?.atMs === atMs) last.weight += weight
  else hits.splice(index + 1, 0, { atMs, weight })
}

/** The moment of the hit whose leaving makes enough room; `otherwise` where all of them together do not. */
const leavesAtMs = (hits: HitLog['hits'], lacking: number, otherwise: number): number => {
  let left = 0
  return hits.find((hit) => (left += hit.weight) >= lacking)?.atMs ?? otherwise
}
