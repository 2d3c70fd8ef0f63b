import { randomBytes } from 'node:crypto'
import type { Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { Counters, CounterVerdict } from '../../contract/store.ts'
import { createCounters as createMemoryCounters } from '../memory/counters.ts'
import type { RedisClient } from './client.ts'
import { hitScript, restoreScript, unhitScript } from './scripts.ts'
import { watchRedis } from './watch.ts'

interface CountersOptions {
  redis: RedisSettings
  logger: Pick<Logger, 'info' | 'warn'>
}

const mostAtOnce = 5_000

/**
 * Counters that all instances share. Each instance keeps a log of its own hits beside: by that it lets a share of each limit
 * through while Redis is away, and from that Redis has them again when it is back, whether it kept its data or not.
 * @throws GatewayError store_unavailable for a server that is there and cannot be used, saying what to correct
 */
export const openCounters = async ({
  redis,
  logger,
}: CountersOptions): Promise<Counters & { isAway(): boolean } & AsyncDisposable> => {
  const instance = `${randomBytes(6).toString('base64url')}:`
  const own = createMemoryCounters()
  /** Keys whose hits of this instance Redis may not have. */
  const owed = new Set<string>()
  let hits = 0

  /** Gives Redis the logs of all keys that it may lack; those that are hit meanwhile are owed again. */
  const restore = async (client: RedisClient): Promise<void> => {
    const keys = [...owed]
    for (const key of keys) {
      const { windowMs, hitsAtMs } = own.logs.get(key) ?? { windowMs: 0, hitsAtMs: [] }
      const atMs = [...hitsAtMs]
      owed.delete(key)
      try {
        for (let from = 0; from === 0 || from < atMs.length; from += mostAtOnce)
          await client.run(restoreScript, key, [instance, windowMs, from, ...atMs.slice(from, from + mostAtOnce)])
      } catch (fault) {
        owed.add(key)
        throw fault
      }
    }
  }

  const share = Math.round(redis.awayShare * 100)
  const watch = await watchRedis({
    redis,
    logger,
    words: {
      away: `Until it is back each instance lets ${share} % of a limit through by itself.`,
      back: 'Redis is back, and counts for all instances again',
    },
    // It may come back empty.
    left: () => {
      for (const key of own.logs.keys()) owed.add(key)
    },
    restore,
  })

  const hitByShare = ({ max, ...query }: Parameters<Counters['hit']>[0]): Promise<CounterVerdict> => {
    owed.add(query.key)
    return own.hit({ ...query, max: Math.min(max, Math.max(1, Math.floor(max * redis.awayShare))) })
  }

  return {
    hit: async (query) => {
      if (!watch.isHere()) return hitByShare(query)
      const { key, nowMs, windowMs, max } = query
      hits += 1
      const words = [nowMs, windowMs, max, `${instance}${hits.toString(36)}`]
      // In the log before it is sent: whatever becomes of the connection meanwhile, Redis gets it.
      await own.hit({ ...query, max: Infinity })
      const verdict = await watch.ask(async (client) => verdictOf(await client.run(hitScript, key, words)))
      if (verdict?.allowed === true) return verdict
      await own.unhit({ key, atMs: nowMs })
      return verdict ?? hitByShare(query)
    },

    unhit: async ({ key, atMs }) => {
      if (!(await own.unhit({ key, atMs }))) return false
      const taken = await watch.ask((client) => client.run(unhitScript, key, [atMs, instance]))
      if (taken === null) owed.add(key)
      return true
    },

    isAway: () => !watch.isHere(),

    [Symbol.asyncDispose]: watch[Symbol.asyncDispose],
  }
}

const verdictOf = (reply: unknown): CounterVerdict => {
  const [allowed, first, resetMs] = Array.isArray(reply) ? reply.map(Number) : []
  if (first === undefined || resetMs === undefined) throw new Error('it answered something else than a verdict')
  return allowed === 1 ? { allowed: true, remaining: first, resetMs } : { allowed: false, retryAfterMs: first }
}
