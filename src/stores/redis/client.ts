import type { ConnectionOptions } from 'node:tls'
import { Cluster, Redis } from 'ioredis'
import type { RedisSettings, TlsSettings } from '../../contract/settings.ts'
import { fullJitterMs } from '../../lib/backoff.ts'

/** A Lua script that Redis runs in one step. It is sent once and then named by its digest. */
export interface Script {
  lua: string
  sha1: string
}

/** What one XADD has put into a stream. */
export interface StreamItem {
  id: string
  /** Names and values in turn. */
  fields: readonly Buffer[]
}

/** What is asked of Redis. Nothing waits for a connection: without one each of these fails at once. */
export interface RedisClient extends Disposable {
  /** Runs a script that touches this one key alone, as a cluster demands. `withinMs`: how long it is worth waiting for. */
  run(script: Script, key: string, args: readonly (string | number | Buffer)[], withinMs?: number): Promise<unknown>
  /** What stands in a stream behind `afterId`, its oldest first. Waits so long where there is nothing; 0 does not wait. */
  read(key: string, query: { afterId: string; count: number; waitMs: number }): Promise<readonly StreamItem[]>
  /** Waits for the first connection, once; the others are made without being asked for. */
  connect(): Promise<void>
  /** Whether it is there and answers. */
  ping(): Promise<void>
  /** Begins anew with a connection that says nothing any more. */
  reconnect(): void
}

/** Longest that a request waits for Redis, which on a network of its own answers within one. */
const answerMs = 100
/** Longest that a part of a stream is on its way. */
const transferMs = 10_000
const connectMs = 2_000
const beginMs = 3_000
const firstWaitMs = 50
const lastWaitMs = 2_000

/**
 * A client that connects again whenever the connection is lost.
 * @param troubled hears why a connection could not be made or was lost; null: of a loss, not why
 */
export const openRedis = (settings: RedisSettings, troubled: (error: unknown) => void): RedisClient => {
  const client = settings.isCluster ? openCluster(settings) : openServer(settings)
  client.on('error', troubled)
  client.on('close', () => troubled(null))

  const run: RedisClient['run'] = async (script, key, args, withinMs = answerMs) => {
    try {
      return await withinTime(client.evalsha(script.sha1, 1, key, ...args), withinMs)
    } catch (error) {
      // It forgets scripts when it is started anew.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return withinTime(client.eval(script.lua, 1, key, ...args), withinMs)
    }
  }
  return {
    run: (script, key, args, withinMs) => run(script, `${settings.prefix}${key}`, args, withinMs),
    read: async (key, { afterId, count, waitMs }) => {
      const place = ['STREAMS', `${settings.prefix}${key}`, afterId] as const
      const asked =
        waitMs > 0
          ? client.xreadBuffer('COUNT', count, 'BLOCK', waitMs, ...place)
          : client.xreadBuffer('COUNT', count, ...place)
      const [[, items] = [null, []]] = (await withinTime(asked, waitMs + transferMs)) ?? []
      return items.map(([id, fields]) => ({ id: id.toString(), fields }))
    },
    connect: () => withinTime(client.connect(), beginMs),
    ping: async () => void (await withinTime(client.ping(), answerMs)),
    reconnect: () => {
      if (client.status === 'ready') client.disconnect(true)
    },
    [Symbol.dispose]: () => client.disconnect(),
  }
}

const retryStrategy = (times: number): number =>
  firstWaitMs + fullJitterMs({ attempt: times, baseDelayMs: firstWaitMs, maxDelayMs: lastWaitMs, random: Math.random })

const optionsOf = ({ user, password, tls }: RedisSettings) => ({
  ...(user === undefined ? {} : { username: user }),
  ...(password === undefined ? {} : { password: password.reveal() }),
  ...(tls ? { tls: tlsOptions(tls) } : {}),
  connectTimeout: connectMs,
  connectionName: 'ai-gateway-mcp',
  // Whether something that was sent is done nobody knows: asked again it might be done twice.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
})

const openServer = (settings: RedisSettings): Redis =>
  new Redis({
    ...optionsOf(settings),
    ...settings.nodes[0],
    db: settings.database,
    enableOfflineQueue: false,
    lazyConnect: true,
    retryStrategy,
  })

const openCluster = (settings: RedisSettings): Cluster =>
  new Cluster([...settings.nodes], {
    redisOptions: optionsOf(settings),
    enableOfflineQueue: false,
    lazyConnect: true,
    clusterRetryStrategy: retryStrategy,
    // Certificates are for names: those that the cluster tells are looked up by nobody else.
    ...(settings.tls ? { dnsLookup: (name, done) => done(null, name) } : {}),
  })

const tlsOptions = ({ check, ca, cert, key }: TlsSettings): ConnectionOptions => ({
  rejectUnauthorized: check !== 'nothing',
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key: key.reveal() }),
  ...(check === 'authority' ? { checkServerIdentity: () => undefined } : {}),
})

const withinTime = async <Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> => {
  const late = Promise.withResolvers<never>()
  // A reply that lies there while this process was busy is read before it counts as late.
  const give = (): void => void setImmediate(() => late.reject(new Error('it did not answer in time')))
  const timer = setTimeout(give, timeoutMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
