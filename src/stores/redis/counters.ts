import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { GatewayError } from '../../contract/errors.ts'
import type { Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { CounterHit, Counters, CounterVerdict } from '../../contract/store.ts'
import { fullJitterMs } from '../../lib/backoff.ts'
import { createCounters as createMemoryCounters } from '../memory/counters.ts'
import { openRedis } from './client.ts'
import { describeFault, isSettingsFault } from './fault.ts'
import { hitScript, restoreScript, settleScript } from './scripts.ts'

interface CountersOptions {
  redis: RedisSettings
  logger: Pick<Logger, 'info' | 'warn'>
}

const firstLookMs = 50
const lastLookMs = 2_000
/** Words of one command, two for each hit. */
const mostAtOnce = 6_000

/**
 * Counters that all instances share. Each instance keeps a log of its own hits beside: by that it lets a share of each limit
 * through while Redis is away, and from that Redis has them again when it is back, whether it kept its data or not.
 * @throws GatewayError store_unavailable for a server that is there and cannot be used, saying what to correct
 */
export const openCounters = async ({ redis, logger }: CountersOptions): Promise<Counters & AsyncDisposable> => {
  const instance = `${randomBytes(6).toString('base64url')}:`
  const own = createMemoryCounters()
  /** Keys whose hits of this instance Redis may not have. */
  const owed = new Set<string>()
  const stop = new AbortController()
  let isHere = false
  let isTold = false
  let lastFault: unknown = null
  let looking: Promise<void> | null = null

  const client = openRedis(redis, (fault) => {
    if (fault !== null) lastFault = fault
    if (isHere) leave()
  })

  const tellAway = (): void => {
    if (isTold) return
    isTold = true
    logger.warn(
      { err: lastFault },
      `${describeFault(lastFault)} Until it is back each instance lets ${Math.round(redis.awayShare * 100)} % of a limit through by itself.`,
    )
  }

  /** Gives Redis the logs of all keys that it may lack; those that are hit meanwhile are owed again. */
  const restore = async (): Promise<void> => {
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

  const look = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        await client.ping()
        await restore()
        // Whoever hits without a pause would else be owed for ever.
        isHere = true
        await restore()
        if (!isHere) continue
        lastFault = null
        if (isTold) logger.info({}, 'Redis is back, and counts for all instances again')
        isTold = false
        looking = null
        return
      } catch (fault) {
        isHere = false
        lastFault ??= fault
        tellAway()
        client.reconnect()
      }
      const waitMs = fullJitterMs({ attempt, baseDelayMs: firstLookMs, maxDelayMs: lastLookMs, random: Math.random })
      await pause(waitMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined)
    }
  }

  const leave = (): void => {
    isHere = false
    // It may come back empty.
    for (const key of own.logs.keys()) owed.add(key)
    looking ??= look()
  }

  /** Null where Redis did not say. */
  const ask = async <Said>(
    read: (reply: unknown) => Said,
    ...call: Parameters<typeof client.run>
  ): Promise<Said | null> => {
    if (!isHere) return null
    try {
      return read(await client.run(...call))
    } catch (fault) {
      lastFault ??= fault
      if (isHere) leave()
      return null
    }
  }

  isHere = await client.connect().then(
    () => true,
    (fault: unknown) => {
      lastFault ??= fault
      return false
    },
  )
  // A database that it does not have is told, and another one used.
  if (isSettingsFault(lastFault)) {
    client[Symbol.dispose]()
    throw new GatewayError('store_unavailable', describeFault(lastFault), { cause: lastFault })
  }
  if (!isHere) {
    tellAway()
    leave()
  }

  /** One hit at least, whatever it weighs: else some would never be let through. */
  const hitByShare = ({ max, ...query }: CounterHit): Promise<CounterVerdict> => {
    const { weight = 1 } = query
    owed.add(query.key)
    return own.hit({ ...query, max: Math.min(max, Math.max(weight, Math.floor(max * redis.awayShare))) })
  }

  return {
    hit: async (query) => {
      if (!isHere) return hitByShare(query)
      const { key, nowMs, atMs = nowMs, windowMs, max, weight = 1 } = query
      // In the log before it is sent: whatever becomes of the connection meanwhile, Redis gets it.
      await own.hit({ ...query, max: Infinity })
      const verdict = await ask(verdictOf, hitScript, key, [nowMs, atMs, windowMs, max, weight, instance])
      if (verdict?.allowed === true) return verdict
      await own.settle({ key, atMs, change: -weight })
      return verdict ?? hitByShare(query)
    },

    settle: async ({ key, atMs, change }) => {
      if (!(await own.settle({ key, atMs, change }))) return false
      const settled = await ask(Number, settleScript, key, [atMs, instance, change])
      if (settled === null) owed.add(key)
      return true
    },

    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await looking
      client[Symbol.dispose]()
    },
  }
}

const verdictOf = (reply: unknown): CounterVerdict => {
  const [allowed, remaining, resetMs, retryAfterMs] = Array.isArray(reply) ? reply.map(Number) : []
  if (remaining === undefined || resetMs === undefined || retryAfterMs === undefined)
    throw new Error('it answered something else than a verdict')
  return allowed === 1 ? { allowed: true, remaining, resetMs } : { allowed: false, remaining, resetMs, retryAfterMs }
}
