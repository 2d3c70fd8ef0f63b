import type { Clock } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { Rests } from '../../contract/store.ts'
import { createRests } from '../memory/rests.ts'
import { openRedis } from './client.ts'
import { restScript, restedScript } from './scripts.ts'

/** How old what is known of a key may be before it is asked for again. */
const freshMs = 200
/** Keys whose last look is remembered. */
const mostLooks = 5_000

/**
 * Rests that all instances share. Nobody waits for Redis: a key is asked for beside the request that wants to know, and
 * the next one has the answer. Without Redis each instance finds out for itself.
 */
export const openRests = (options: { redis: RedisSettings; clock: Clock }): Rests & Disposable => {
  const { redis, clock } = options
  const own = createRests(clock)
  const lookedAtMs = new Map<string, number>()
  // The counters, which are at the same address, tell the log what is wrong with it.
  const client = openRedis(redis, () => undefined)
  void client.connect().catch(() => undefined)

  const nameOf = (key: string): string => `rest:${key}`

  const look = async (key: string): Promise<void> => {
    const untilMs = Number(await client.run(restedScript, nameOf(key), []))
    if (untilMs > clock.now()) own.rest(key, untilMs)
  }

  return {
    rest: (key, untilMs) => {
      own.rest(key, untilMs)
      const livesMs = Math.ceil(untilMs - clock.now())
      if (livesMs > 0) client.run(restScript, nameOf(key), [Math.ceil(untilMs), livesMs]).catch(() => undefined)
    },
    untilMs: (key) => {
      const nowMs = clock.now()
      if (nowMs - (lookedAtMs.get(key) ?? -Infinity) >= freshMs) {
        lookedAtMs.delete(key)
        lookedAtMs.set(key, nowMs)
        const oldest = lookedAtMs.keys().next()
        if (lookedAtMs.size > mostLooks && !oldest.done) lookedAtMs.delete(oldest.value)
        look(key).catch(() => undefined)
      }
      return own.untilMs(key)
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}
