import { GatewayError } from '../../contract/errors.ts'
import type { Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import { backOff } from '../../lib/backoff.ts'
import { openRedis } from './client.ts'
import type { RedisClient } from './client.ts'
import { describeFault, isSettingsFault } from './fault.ts'

interface WatchOptions {
  redis: RedisSettings
  logger: Pick<Logger, 'info' | 'warn'>
  /** What holds until it is back, and that it is; for the log. */
  words: { away: string; back: string }
  /** Told that it is away, at once. */
  left?: () => void
  /** Gives it what it lacks, before it is believed to be back and again after. */
  restore?: (client: RedisClient) => Promise<void>
}

/** A Redis that comes and goes: while it is away nothing is sent and nobody waits. */
export interface RedisWatch extends AsyncDisposable {
  isHere(): boolean
  /** Null where Redis is away, did not say, or said what `use` cannot read. */
  ask<Said>(use: (client: RedisClient) => Promise<Said>): Promise<Said | null>
}

const firstLookMs = 50
const lastLookMs = 2_000

/** @throws GatewayError store_unavailable for a server that is there and cannot be used, saying what to correct */
export const watchRedis = async ({ redis, logger, words, left, restore }: WatchOptions): Promise<RedisWatch> => {
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
    logger.warn({ err: lastFault }, `${describeFault(lastFault)} ${words.away}`)
  }

  const look = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        await client.ping()
        await restore?.(client)
        // What is owed without a pause would else be owed for ever.
        isHere = true
        await restore?.(client)
        if (!isHere) continue
        lastFault = null
        if (isTold) logger.info({}, words.back)
        isTold = false
        looking = null
        return
      } catch (fault) {
        isHere = false
        lastFault ??= fault
        tellAway()
        client.reconnect()
      }
      await backOff({ attempt, baseDelayMs: firstLookMs, maxDelayMs: lastLookMs }, stop.signal)
    }
  }

  const leave = (): void => {
    isHere = false
    left?.()
    looking ??= look()
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

  return {
    isHere: () => isHere,
    ask: async (use) => {
      if (!isHere) return null
      try {
        return await use(client)
      } catch (fault) {
        lastFault ??= fault
        if (isHere) leave()
        return null
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await looking
      client[Symbol.dispose]()
    },
  }
}
