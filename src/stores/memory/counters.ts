import type { Counters } from '../../contract/store.ts'

/** The hits of one key that may still be in its window, oldest first. */
interface Log {
  hitsAtMs: number[]
  windowMs: number
}

interface MemoryCounters extends Counters {
  /** Those of every key that has hits, as they are at any moment. */
  logs: ReadonlyMap<string, { readonly hitsAtMs: readonly number[]; readonly windowMs: number }>
}

/**
 * A sliding window as a log of its hits: exact at any moment, where counting by fixed or weighted windows lets up to twice
 * the limit through around a boundary. A key takes at most `max` numbers, and nothing once its window has passed.
 */
export const createCounters = (): MemoryCounters => {
  // In order of the last hit, so that idle keys are at the front.
  const logs = new Map<string, Log>()

  const dropIdle = (nowMs: number): void => {
    for (const [key, { hitsAtMs, windowMs }] of logs) {
      if ((hitsAtMs.at(-1) ?? -Infinity) + windowMs > nowMs) return
      logs.delete(key)
    }
  }

  return {
    logs,

    hit: async ({ key, nowMs, windowMs, max }) => {
      dropIdle(nowMs)
      const { hitsAtMs } = logs.get(key) ?? { hitsAtMs: [] }
      // In order, so that only what leaves is touched, however many stay.
      const stays = hitsAtMs.findIndex((atMs) => atMs > nowMs - windowMs)
      hitsAtMs.splice(0, stays === -1 ? hitsAtMs.length : stays)
      // Hits further ahead than a window were counted before the clock was set back, and would refuse until it is there again.
      hitsAtMs.splice(hitsAtMs.findLastIndex((atMs) => atMs <= nowMs + windowMs) + 1)
      const isAllowed = hitsAtMs.length < max
      if (isAllowed) insert(hitsAtMs, nowMs)
      logs.delete(key)
      if (hitsAtMs.length > 0) logs.set(key, { hitsAtMs, windowMs })
      const leavesInMs = (index: number): number => (hitsAtMs[index] ?? nowMs) + windowMs - nowMs
      return isAllowed
        ? { allowed: true, remaining: max - hitsAtMs.length, resetMs: leavesInMs(0) }
        : // With a limit that was lowered meanwhile more than one hit has to leave first.
          { allowed: false, retryAfterMs: leavesInMs(hitsAtMs.length - max) }
    },

    unhit: async ({ key, atMs }) => {
      const hitsAtMs = logs.get(key)?.hitsAtMs ?? []
      const index = hitsAtMs.lastIndexOf(atMs)
      if (index !== -1) hitsAtMs.splice(index, 1)
      if (hitsAtMs.length === 0) logs.delete(key)
      return index !== -1
    },
  }
}

/** Keeps the log in order also when the clock stepped back a little. */
const insert = (hitsAtMs: number[], atMs: number): void => {
  const later = hitsAtMs.findLastIndex((hitAtMs) => hitAtMs <= atMs)
  hitsAtMs.splice(later + 1, 0, atMs)
}
