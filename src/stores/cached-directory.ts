import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { KeyRecord } from '../contract/caller.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Directory } from '../contract/store.ts'

/** How long an answer holds: a key that another instance revoked stops working here within this time. */
const freshMs = 5_000
/** And how long the answer that there is no such key. */
const unknownFreshMs = 1_000
/** How long a key that was seen goes on working while the directory cannot be asked. */
const graceMs = 15 * 60_000
/** How long a request waits for a directory that does not answer, when the key was seen lately. */
const patienceMs = 1_000
const maxKeys = 10_000

interface Seen {
  key: KeyRecord | null
  seenAtMs: number
  /** Since when it is not to be asked for again; later than `seenAtMs` after a question that failed. */
  askedAtMs: number
}

/** The same directory, which is asked for a key at most once in a few seconds, and by one request at a time. */
export const cacheDirectory = (directory: Directory, clock: Clock): Directory => {
  const seen = new LRUCache<string, Seen>({ max: maxKeys })
  const asking = new Map<string, Promise<KeyRecord | null>>()

  const ask = (sha256: string): Promise<KeyRecord | null> => {
    const running = asking.get(sha256)
    if (running) return running
    const askedAtMs = clock.now()
    const asked = directory
      .find(sha256)
      .then((key) => {
        // As of when it was asked: it may have been revoked since.
        seen.set(sha256, { key, seenAtMs: askedAtMs, askedAtMs })
        return key
      })
      .finally(() => asking.delete(sha256))
    asking.set(sha256, asked)
    return asked
  }

  const forget = (matches: (key: KeyRecord | null) => boolean): void => {
    for (const [sha256, { key }] of seen.entries()) if (matches(key)) seen.delete(sha256)
  }

  return {
    ...directory,
    find: async (sha256) => {
      const nowMs = clock.now()
      const known = seen.get(sha256)
      const isFresh = known && nowMs - known.askedAtMs < (known.key ? freshMs : unknownFreshMs)
      if (isFresh) return known.key
      const mayServe = known?.key && nowMs - known.seenAtMs < graceMs
      if (!mayServe) return ask(sha256)
      try {
        return await Promise.race([ask(sha256), outOfPatience()])
      } catch {
        seen.set(sha256, { ...known, askedAtMs: nowMs })
        return known.key
      }
    },
    create: async (key) => {
      await directory.create(key)
      seen.delete(key.sha256)
    },
    revoke: async (id, atMs) => {
      const revoked = await directory.revoke(id, atMs)
      forget((key) => key?.id === id)
      return revoked
    },
  }
}

const outOfPatience = async (): Promise<never> => {
  await pause(patienceMs, undefined, { ref: false })
  throw new Error('The directory does not answer in time')
}
