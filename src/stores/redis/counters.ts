import { randomBytes } from 'node:crypto'
import type { Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { CounterHit, Counters, CounterVerdict } from '../../contract/store.ts'
import { createCounters as createMemoryCounters } from '../memory/counters.ts'
import type { RedisClient } from './client.ts'
import { hitScript, restoreScript, settleScript } from './scripts.ts'
import { watchRedis } from './watch.ts'

interface CountersOptions {
  redis: RedisSettings
  logger: Pick<Logger, 'info' | 'warn'>
}

/** Words of one command, two for each hit. */
const mostAtOnce = 6_000

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

  /** Gives Redis the logs of all keys that it may lack; those that are hit meanwhile are owed again. */
  const restore = async (client: RedisClient): Promise<void> => {
    const keys = [...owed]
    for (const key of keys) {
      const { windowMs, hits } = own.logs.get(key) ?? { windowMs: 0, hits: [] }
      const words = hits.flatMap(({ atMs, weight }) => [atMs, weight])
      owed.delete(key)
      try {
        for (let from = 0; from === 0 || from < words.length; from += mostAtOnce)
          await client.run(restoreScript, key, [instance, windowMs, from, ...words.slice(from, from + mostAtOnce)])
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

  /** One hit at least, whatever it weighs: else some would never be let through. */
  const hitByShare = ({ max, ...query }: CounterHit): Promise<CounterVerdict> => {
    const { weight = 1 } = query
    owed.add(query.key)
    return own.hit({ ...query, max: Math.min(max, Math.max(weight, Math.floor(max * redis.awayShare))) })
  }

  return {
    hit: async (query) => {
      if (!watch.isHere()) return hitByShare(query)
      const { key, nowMs, atMs = nowMs, windowMs, max, weight = 1 } = query
      const words = [nowMs, atMs, windowMs, max, weight, instance]
      // In the log before it is sent: whatever becomes of the connection meanwhile, Redis gets it.
      await own.hit({ ...query, max: Infinity })
      const verdict = await watch.ask(async (client) => verdictOf(await client.run(hitScript, key, words)))
      if (verdict?.allowed === true) return verdict
      await own.settle({ key, atMs, change: -weight })
      return verdict ?? hitByShare(query)
    },

    settle: async ({ key, atMs, change }) => {
      if (!(await own.settle({ key, atMs, change }))) return false
      const settled = await watch.ask((client) => client.run(settleScript, key, [atMs, instance, change]))
      if (settled === null) owed.add(key)
      return true
    },

    isAway: () => !watch.isHere(),

    [Symbol.asyncDispose]: watch[Symbol.asyncDispose],
  }
}

const verdictOf = (reply: unknown): CounterVerdict => {
  const [allowed, remaining, resetMs, retryAfterMs] = Array.isArray(reply) ? reply.map(Number) : []
  if (remaining === undefined || resetMs === undefined || retryAfterMs === undefined)
    throw new Error('it answered something else than a verdict')
  return allowed === 1 ? { allowed: true, remaining, resetMs } : { allowed: false, remaining, resetMs, retryAfterMs }
}
