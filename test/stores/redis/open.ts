import { readRedis } from '../../../src/config/redis.ts'
import type { RedisSettings } from '../../../src/contract/settings.ts'
import { createEntries } from '../../../src/stores/memory/entries.ts'
import { openCounters } from '../../../src/stores/redis/counters.ts'
import { openSharedAnswers } from '../../../src/stores/redis/shared-answers.ts'
import { vaultOf } from '../sqlite/cache-folder.ts'

/** The settings of an address, as the gateway reads them. */
export const settingsOf = (url: string, awayShare = 0.3): RedisSettings => {
  const { redis, problems } = readRedis({ REDIS_URL: url }, '/')
  if (!redis) throw new Error(`This is no address: ${JSON.stringify(problems)}`)
  return { ...redis, awayShare }
}

/** The counters of an instance at this address; `told` hears what the log is told. */
export const openAt = ({ url, awayShare, told = [] }: { url: string; awayShare?: number; told?: string[] }) => {
  const tell = (_fields: object, message: string) => void told.push(message)
  return openCounters({ redis: settingsOf(url, awayShare), logger: { info: tell, warn: tell } })
}

type SharedOptions = Partial<Omit<Parameters<typeof openSharedAnswers>[0], 'redis' | 'vault' | 'logger'>> & {
  url: string
  told?: string[]
  /** Of CACHE_KEY. */
  keyByte?: number
  /** Of what the instance has in memory. */
  localMaxBytes?: number
}

/** The remembered answers of an instance at this address, in its memory and in Redis; `told` hears what the log is told. */
export const openAnswersAt = async ({
  url,
  told = [],
  keyByte = 1,
  localMaxBytes = 1_000_000,
  clock = { now: () => Date.now() },
  ...options
}: SharedOptions) => {
  const tell = (_fields: object, message: string) => void told.push(message)
  const local = options.local ?? createEntries({ maxBytes: localMaxBytes, clock })
  const shared = await openSharedAnswers({
    redis: settingsOf(url),
    vault: await vaultOf(keyByte),
    maxBytes: 100_000_000,
    lifeMs: 3_600_000,
    logger: { info: tell, warn: tell },
    clock,
    heard: local,
    ...options,
    local,
  })
  return { ...shared, local }
}
