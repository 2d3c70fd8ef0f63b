import { randomBytes } from 'node:crypto'
import type { Turns } from '../../contract/news.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import { openRedis } from './client.ts'
import { scriptOf } from './scripts.ts'

/** Whoever ends without a word has it no longer. */
const usualHoldMs = 10_000
/** The one call that tries a provider may wait a little longer than others do for Redis. */
const answerMs = 1_000
/** Once it is over: until all have heard of how it ended. */
const lastMs = 1_000

/** `whose`, `holdMs` → 0 where it is his now, else how long another has it */
const takeScript = scriptOf(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return math.max(1, redis.call('PTTL', KEYS[1])) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
`)

/** `whose`, `holdMs` */
const holdScript = scriptOf(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`)

/** Turns by a key in Redis that expires. While Redis is away everybody has his turn. */
export const openTurns = (redis: RedisSettings, holdMs = usualHoldMs): Turns & Disposable => {
  const client = openRedis(redis, () => undefined)
  const connected = client.connect().catch(() => undefined)
  const timers = new Set<NodeJS.Timeout>()

  return {
    take: async (name) => {
      await connected
      const whose = randomBytes(9).toString('base64url')
      const key = `turn:${name}`
      const keepFor = (ms: number): void => void client.run(holdScript, key, [whose, ms]).catch(() => undefined)
      const theirsForMs = await client.run(takeScript, key, [whose, holdMs], answerMs).then(Number, () => 0)
      if (theirsForMs > 0) return { theirsForMs }
      const timer = setInterval(() => keepFor(holdMs), holdMs / 3).unref()
      timers.add(timer)
      return {
        over: () => {
          clearInterval(timer)
          timers.delete(timer)
          keepFor(lastMs)
        },
      }
    },
    [Symbol.dispose]: () => {
      for (const timer of timers) clearInterval(timer)
      client[Symbol.dispose]()
    },
  }
}
