import { randomUUID } from 'node:crypto'
import { openNear } from './cache/near/open.ts'
import type { NearMemory } from './cache/near/memory.ts'
import { loadVerifier } from './cache/near/load-verifier.ts'
import type { Verifier } from './cache/near/verifier.ts'
import type { Config } from './config/config.ts'
import { forbidTelemetry } from './config/forbid-telemetry.ts'
import { version } from './config/version.ts'
import type { Json } from './contract/json.ts'
import type { Clock, Logger } from './contract/runtime.ts'
import type { Place } from './contract/settings.ts'
import { inMemory } from './contract/store.ts'
import type { Note } from './contract/store.ts'
import { createTokenCounter } from './ledger/tokens.ts'
import type { NearIndex } from './perception/near-index.ts'
import { createPerception } from './perception/perception.ts'
import type { Perception } from './perception/perception.ts'
import { perceptionWorker } from './perception/thread.ts'
import { createJsonReader } from './providers/get-json.ts'
import { openSandbox } from './sandbox/sandbox.ts'
import type { Sandbox, SandboxOptions } from './sandbox/sandbox.ts'
import { openStores } from './stores/index.ts'
import type { Stores } from './stores/index.ts'
import { createAudited } from './telemetry/audited.ts'
import { findPlace } from './telemetry/cloud/find-place.ts'
import { createOwnLogs } from './telemetry/cloud/own-logs.ts'
import type { Events } from './telemetry/events.ts'
import { createLogger, openLines } from './telemetry/logger.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { auditKeys } from './tenants/audited-keys.ts'
import { createKeyDirectory } from './tenants/directory.ts'
import type { KeyDirectory } from './tenants/directory.ts'
import type { createReadToken } from './tenants/tokens.ts'

/** Who shows an access token; null where nobody is asked for one, and what reads them is not loaded. */
export const openTokens = async (
  { auth, proxy }: Config,
  parts: { clock: Clock; logger: Logger },
  resources: AsyncDisposableStack,
): Promise<ReturnType<typeof createReadToken> | null> => {
  if (auth.mode !== 'oauth') return null
  const tokens = await import('./tenants/tokens.ts')
  const { get: getJson } = resources.use(createJsonReader(proxyOf({ proxy })))
  return tokens.createReadToken({ settings: auth.oauth, getJson, ...parts })
}

/** Null where it is not there, or nobody would ask it. */
export const trainedVerifier = async ({ cache, embedder }: Config, logger: Logger): Promise<Verifier | null> => {
  if (!cache.enabled || cache.near.mode === 'off' || !embedder) return null
  const loaded = await loadVerifier()
  if (loaded.verifier === null)
    logger.warn({ why: loaded.why }, 'there are no near answers: the verifier cannot be read')
  return loaded.verifier
}

/** What finds the answers to other questions that mean the same; null where nothing can or shall. */
export const nearMemoryOf = (
  { cache: { enabled, near: settings } }: Config,
  parts: {
    perception: Perception | null
    nearIndex: NearIndex | null
    entries: Stores['entries']
    verifier: Verifier | null
    kept: Json | null
    note: Note
    events: Events
    clock: Clock
  },
): NearMemory | null => {
  const { perception, nearIndex, events, verifier } = parts
  if (!enabled || settings.mode === 'off' || !perception || !nearIndex || !verifier) return null
  const { findNeighbours } = nearIndex
  const keep = (policy: Json): Promise<void> => parts.note.write(policy).catch(events.nearUnkept)
  return openNear({ ...parts, ...perception, findNeighbours, verifier, settings, keep, changed: events.nearBound })
}

/** Which of its deployments answers, for those who run it; strangers learn nothing. */
export const adminHeadersOf = ({ revision, region }: Place): Readonly<Record<string, string>> => ({
  ...(revision === null ? {} : { 'x-gateway-revision': revision }),
  ...(region === null ? {} : { 'x-gateway-region': region }),
})

/** Loaded only where somebody scrapes; null elsewhere. */
export const measure = async (config: Config): Promise<Metrics | null> => {
  if (!config.metrics) return null
  const { createMetrics } = await import('./telemetry/metrics.ts')
  const known = {
    providers: new Set(config.knownProviders.map(({ id }) => id)),
    models: new Set(config.models.map(({ key }) => key)),
  }
  return createMetrics({ known, version })
}

/** The sandbox alone, with the tokenizer that the gateway counts by. */
export const openCountingSandbox = async (options: Omit<SandboxOptions, 'countTokens'>): Promise<Sandbox> => {
  const counter = createTokenCounter()
  await counter.ready()
  return openSandbox({ ...options, countTokens: counter.count })
}

export const systemClock: Clock = { now: () => Date.now() }

/** The stores as a serving gateway has them: its remembered answers survive a restart where there is a key to seal them. */
export const openServingStores = async (config: Config, clock: Clock, logger: Logger): Promise<Stores> => {
  const { dataDir, database, redis, ledger, cache, cacheKeys } = config
  const mayKeep = cache.enabled && dataDir !== inMemory
  if (mayKeep && !cacheKeys)
    logger.info(
      {},
      'remembered answers are in memory only and end with the gateway: CACHE_KEY would seal and keep them',
    )
  if (redis && cache.enabled && !cacheKeys)
    logger.info(
      {},
      'each instance remembers answers for itself: with CACHE_KEY, the same for all, they would be sealed and shared in Redis',
    )
  const notice = (message: string): void => logger.warn({}, message)
  const keptCache = cacheKeys && { keys: cacheKeys, maxBytes: cache.maxDiskBytes, notice }
  return openStores({
    dataDir,
    database,
    redis,
    ledger,
    cacheMaxBytes: cache.maxBytes,
    clock,
    logger,
    keptCache,
    sharedCache: sharedCacheOf(cache),
  })
}

/** Clocks of instances differ, and a removal must outlive what it removes. */
const spareLifeMs = 86_400_000

const sharedCacheOf = ({ enabled, maxSharedBytes, maxNewsBytes, maxTtlMs, staleMs }: Config['cache']) =>
  enabled ? { maxBytes: maxSharedBytes, maxNewsBytes, lifeMs: maxTtlMs + staleMs + spareLifeMs } : null

/** The stores alone, for commands that need no gateway. */
export const openConfiguredStores = ({ dataDir, database, ledger, cache }: Config): Promise<Stores> =>
  openStores({ dataDir, database, ledger, cacheMaxBytes: cache.maxBytes, clock: systemClock })

/** Who changes keys from the command line: whoever may read and write what they are kept in. */
const commandLine = { id: 'cli', name: 'command line' }

/** The keys alone, for commands that need no gateway. */
export const openKeyDirectory = async (config: Config): Promise<KeyDirectory & AsyncDisposable> => {
  const { directory, audit: trail, ...stores } = await openConfiguredStores(config)
  const ownLogs = createOwnLogs({
    settings: { ...config.ownLogs, auditLines: false },
    place: await findPlace(config.place),
    instanceId: commandLine.id,
    version,
    context: undefined,
    // Standard output is the command's answer.
    write: (line) => openLines(2).write(line),
    written: () => undefined,
    logger: createLogger(config.log, { fd: 2, isTerminal: false }),
  })
  const audit = ownLogs.audit(trail)
  const fixed = config.auth.mode === 'api-key' ? config.auth.keyHashes : []
  const keys = createKeyDirectory({ directory, fixed, clock: systemClock })
  const audited = createAudited({ audit, newId: randomUUID, clock: systemClock })
  return {
    ...auditKeys(keys, { audited, actor: commandLine }),
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}

/** The embedder alone, for commands that need no gateway; null where there is to be none. */
export const openPerception = (
  { embedder }: Config,
  logger: Logger,
  startWorker = embedder && perceptionWorker(embedder),
): Perception | null => {
  forbidTelemetry()
  return embedder && startWorker && createPerception({ startWorker, settings: embedder, logger })
}

export const proxyOf = ({ proxy }: Pick<Config, 'proxy'>) =>
  proxy && {
    httpsProxy: proxy.httpsProxy?.reveal() ?? null,
    httpProxy: proxy.httpProxy?.reveal() ?? null,
    noProxy: proxy.noProxy ?? '',
  }
