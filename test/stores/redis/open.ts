import { readRedis } from '../../../src/config/redis.ts'
import type { RedisSettings } from '../../../src/contract/settings.ts'
import { openCounters } from '../../../src/stores/redis/counters.ts'

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
