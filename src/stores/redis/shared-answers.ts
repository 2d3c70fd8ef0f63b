import type { Clock, Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { Entries, Leases, SharedCounts } from '../../contract/store.ts'
import type { Vault } from '../entries/vault.ts'
import type { RedisClient } from './client.ts'
import { createEntries } from './entries.ts'
import { createLeases } from './leases.ts'
import { createPlaces } from './places.ts'
import { watchRedis } from './watch.ts'

interface SharedAnswersOptions {
  redis: RedisSettings
  /** What this instance remembers by itself. */
  local: Entries
  /** The same, for what other instances did: nobody is told of it again. */
  heard: Pick<Entries, 'remove' | 'advance'>
  /** The same key for all instances: what another has sealed cannot be read, and is not looked for. */
  vault: Vault
  /** Bound of what all entries together take in Redis. */
  maxBytes: number
  /** Longest that an entry may live. */
  lifeMs: number
  clock: Clock
  logger: Pick<Logger, 'info' | 'warn'>
}

/**
 * Entries and leases that all instances share, on a connection of their own: a large answer holds up no counter.
 * @throws GatewayError store_unavailable for a server that is there and cannot be used, saying what to correct
 */
export const openSharedAnswers = async (
  options: SharedAnswersOptions,
): Promise<{ entries: Entries; leases: Leases; counts: SharedCounts; isAway(): boolean } & AsyncDisposable> => {
  const { redis, logger, vault } = options
  let restore: ((client: RedisClient) => Promise<void>) | null = null
  const watch = await watchRedis({
    redis,
    logger,
    words: {
      away: 'Until it is back each instance answers from its own memory, and identical requests at two of them are two calls.',
      back: 'Redis is back, and answers are shared by all instances again',
    },
    restore: async (client) => restore?.(client),
  })
  const places = createPlaces(vault)
  const { entries, counts, ...shared } = createEntries({ ...options, watch, places })
  restore = shared.restore
  return {
    entries,
    leases: createLeases({ places, watch }),
    counts,
    isAway: () => !watch.isHere(),
    [Symbol.asyncDispose]: watch[Symbol.asyncDispose],
  }
}
