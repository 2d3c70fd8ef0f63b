import { randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { createAdmin } from './admin/admin.ts'
import type { Readiness } from './admin/status.ts'
import { createExactCache } from './cache/exact.ts'
import { openNear } from './cache/near/open.ts'
import type { NearMemory } from './cache/near/memory.ts'
import { loadVerifier } from './cache/near/load-verifier.ts'
import type { Verifier } from './cache/near/verifier.ts'
import { createScopeOf } from './cache/scope.ts'
import { unchartedCard } from './config/cards.ts'
import type { Config } from './config/config.ts'
import { sandboxRows } from './config/sandbox.ts'
import type { ConfiguredRow } from './config/rows.ts'
import { createSecret } from './config/secrets.ts'
import { version } from './config/version.ts'
import type { ModelCard } from './contract/model.ts'
import type { Dialect, ProviderRow } from './contract/provider.ts'
import type { Clock, Logger, Random } from './contract/runtime.ts'
import { inMemory } from './contract/store.ts'
import { createDeployments } from './gateway/deployments.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Gateway } from './gateway/gateway.ts'
import { createMetricsServer } from './http/metrics-server.ts'
import type { MetricsServer } from './http/metrics-server.ts'
import { createHttpServer } from './http/server.ts'
import type { HttpServer } from './http/server.ts'
import { createPriceBook } from './ledger/book.ts'
import { createRequestTokens } from './ledger/request-tokens.ts'
import { startPruning } from './ledger/start-pruning.ts'
import { createTokenFactors } from './ledger/token-factors.ts'
import { createTokenCounter } from './ledger/tokens.ts'
import { watchLedger } from './ledger/watch-ledger.ts'
import { createRateLimit } from './limits/rate.ts'
import { createMcpHttpHandler, serveStdio } from './mcp/transports.ts'
import { createServer } from './mcp/server.ts'
import type { ServerDeps } from './mcp/server.ts'
import { createNearIndex } from './perception/near-index.ts'
import type { NearIndex } from './perception/near-index.ts'
import { createPerception } from './perception/perception.ts'
import type { Perception } from './perception/perception.ts'
import { perceptionWorker } from './perception/thread.ts'
import { createDialects } from './providers/index.ts'
import { createPassThrough } from './providers/passthrough.ts'
import { createJsonReader } from './providers/get-json.ts'
import { createUpstreamHttp } from './providers/http.ts'
import { classifyLexically } from './routing/classify.ts'
import type { EmbeddingWire } from './routing/embedding.ts'
import type { PassthroughRows } from './routing/passthrough.ts'
import { createRoute } from './routing/route.ts'
import { createSchemas } from './schemas/schemas.ts'
import { openSandbox } from './sandbox/sandbox.ts'
import type { Sandbox, SandboxOptions } from './sandbox/sandbox.ts'
import { createSecrets } from './secrets/secrets.ts'
import { openStores } from './stores/index.ts'
import type { Stores } from './stores/index.ts'
import { createAudited } from './telemetry/audited.ts'
import { createEvents } from './telemetry/events.ts'
import type { Events } from './telemetry/events.ts'
import { createLogger } from './telemetry/logger.ts'
import type { LogTarget } from './telemetry/logger.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { openTracing, traceparentFor } from './telemetry/tracing.ts'
import { timeStores } from './telemetry/time-stores.ts'
import { auditKeys } from './tenants/audited-keys.ts'
import { createKeyDirectory } from './tenants/directory.ts'
import type { KeyDirectory } from './tenants/directory.ts'
import { createReadToken } from './tenants/tokens.ts'

/** A gateway, put together and ready to serve. Disposing it finishes what runs and closes everything. */
export interface App extends AsyncDisposable {
  gateway: Gateway
  http: HttpServer
  /** Null where no port is set for it. */
  metrics: MetricsServer | null
  logger: Logger
  /** Serves one MCP client on stdin and stdout until it leaves or `signal` aborts. */
  stdio(signal: AbortSignal): Promise<void>
  stores: Stores
  /** Stands in for every provider; null when real ones are called. */
  sandbox: Sandbox | null
}

/** What tests replace. */
export interface Overrides {
  clock?: Clock
  random?: Random
  stores?: Stores
  /** The embedder's thread. */
  startEmbedder?: () => Worker
  /** Decides which neighbours mean the same. */
  verifier?: Verifier
}

/** Builds the whole gateway, top down: the one place that knows every room. */
export const createApp = async (config: Config, logTo: LogTarget, overrides: Overrides = {}): Promise<App> => {
  const { clock = systemClock, random = Math.random } = overrides
  await using resources = new AsyncDisposableStack()
  // Node draws these from a pool; random bytes by themselves are a call into the system for each.
  const newId = (): string => randomUUID().replaceAll('-', '')
  const instanceId = `gw_${newId().slice(0, 12)}`
  const startedAtMs = clock.now()
  const logger = createLogger(config.log, logTo)

  const { cache: cacheSettings } = config
  const opened = resources.use(overrides.stores ?? (await openServingStores(config, clock, logger)))
  const metrics = await measure(config)
  const tracing = config.tracing
    ? resources.use(await openTracing({ settings: config.tracing, version, instanceId, clock, logger }))
    : null
  const events = createEvents({ logger, logContent: config.log.content, metrics, tracing })
  const stores = metrics ? timeStores(opened, events.stored) : opened
  resources.use(startPruning({ receipts: stores.receipts, settings: config.ledger, clock, logger }))
  const ledger = watchLedger(stores.receipts, clock)

  const counter = createTokenCounter()
  await counter.ready()
  const tokens = createRequestTokens({ counter, factors: createTokenFactors() })
  const prices = createPriceBook(config.prices, config.models)

  const sandbox = config.sandbox === 'start' ? resources.use(await openSandbox({ countTokens: counter.count })) : null
  const secrets = resources.use(
    createSecrets({ settings: config.secrets, conceal: createSecret, clock, random, logger }),
  )
  const openKeys = (row: ConfiguredRow): ProviderRow => ({ ...row, keys: row.keys.map(secrets.open) })
  const upstreamRows = sandbox ? sandboxRows(config, sandbox.url) : config.providers.map(openKeys)
  const rows = config.localRow ? [...upstreamRows, openKeys(config.localRow)] : upstreamRows
  const upstream = resources.use(createUpstreamHttp({ clock, proxy: proxyOf(config) }))
  const deployments = resources.use(createDeployments({ rows, settings: config.resilience, clock }))

  const perception = openPerception(config, logger, overrides.startEmbedder)
  resources.use(perception)
  // No snapshot while entries end with the process: neither may their vectors outlive it.
  const nearIndex = perception && createNearIndex({ perception, entries: stores.entries, snapshotFolder: null, logger })
  resources.use(nearIndex)
  const perceptionStatus = () => (perception && nearIndex ? { ...perception.facts(), near: nearIndex.state() } : null)
  const near = nearMemoryOf(config, {
    perception,
    nearIndex,
    entries: stores.entries,
    verifier: overrides.verifier ?? (await trainedVerifier(config, logger)),
    events,
    clock,
  })
  const cache = createExactCache({
    entries: stores.entries,
    clock,
    settings: cacheSettings,
    scopeOf: createScopeOf({ share: cacheSettings.share, secret: stores.secret }),
    random,
    simulated: sandbox !== null,
    near,
  })
  const rate = createRateLimit({ counters: stores.counters, clock, settings: config.rate })
  const keys = createKeyDirectory({
    directory: stores.directory,
    fixed: config.auth.mode === 'api-key' ? config.auth.keyHashes : [],
    clock,
  })
  const dialects = createDialects(upstream, perception?.perceive)
  const { classify, route, routeEmbedding, routePassthrough, resolve } = createRoute({
    ...catalogueOf(config, rows),
    prices,
    health: deployments.health,
    settings: config.routing,
    countInput: tokens.estimateInput,
    clock,
    classify: classifyLexically,
    passthrough: { ...passthroughRowsOf(config, rows), countInput: tokens.countPassthrough },
    embedding: { wireOf: embeddingWiresOf(config, dialects), countInput: tokens.countEmbedding },
  })

  const gatewayParts = {
    takeRate: rate.take,
    assertWritable: stores.ledger.assertWritable,
    cache,
    classify,
    route,
    routeEmbedding,
    routePassthrough,
    resolve,
    deployments,
    dialects,
    passThrough: createPassThrough(upstream),
    prices,
    tokens,
    receipts: ledger,
    events,
    resilience: config.resilience,
    schemas: createSchemas(),
    structured: config.structured,
    canary: cacheSettings.near.canary,
    deadlineMs: config.http.requestDeadlineMs,
    instanceId,
    traceparentOf: traceparentFor(tracing !== null),
    clock,
    random,
  }
  const findKey = config.auth.mode === 'none' ? null : keys.find
  const readToken = openTokens(config, { clock, logger }, resources)
  const gateway = createGateway({ ...gatewayParts, findKey, readToken })
  resources.defer(() => gateway.drain())

  const readiness = (): Readiness => {
    const noProvider = 'No provider is configured: set an API key such as OPENAI_API_KEY and restart.'
    const reasons = [...(upstreamRows.length > 0 ? [] : [noProvider]), ...ledger.faults(), ...stores.ledger.faults()]
    return { ready: reasons.length === 0, reasons }
  }
  const known = { providers: new Set(config.knownProviders.map(({ id }) => id)) }
  const admin = createAdmin({
    gateway,
    receipts: stores.receipts,
    audit: stores.audit,
    audited: createAudited({ audit: stores.audit, newId, clock }),
    cache,
    perception: perceptionStatus,
    health: deployments.health,
    prices,
    cards: () => config.models,
    knownProviders: config.knownProviders,
    rows,
    readiness,
    version,
    startedAtMs,
    clock,
    authMode: config.auth.mode,
    limits: { ...config.http, rate: config.rate },
  })
  const mcp: ServerDeps = { services: { gateway, admin, known }, version, clock, logger }
  const mcpOverHttp = createMcpHttpHandler({
    buildServer: (session) => createServer(mcp, session),
    settings: config.http,
    logger,
  })
  metrics?.showState({
    providers: () => rows.map(({ id }) => deployments.health.provider(id)),
    cache: () => stores.entries.stats(null),
    isReady: () => readiness().ready,
    perception: perceptionStatus,
  })
  // Before the callers' server, so that it is closed after it: the last scrape sees the last answers.
  const metricsServer =
    metrics && config.metrics
      ? resources.use(createMetricsServer({ settings: config.metrics, expose: metrics.expose, logger }))
      : null
  const http = resources.use(
    createHttpServer({
      gateway,
      settings: config.http,
      mode: config.auth.mode,
      resource: config.auth.mode === 'oauth' ? config.auth.resource : null,
      known,
      models: admin,
      readSide: admin,
      mcp: ({ req, res, ...context }) => mcpOverHttp(req, res, context),
      readiness,
      version,
      instanceId,
      newId,
      clock,
      logger,
      replied: metrics ? events.replied : undefined,
    }),
  )

  const owned = resources.move()
  return {
    gateway,
    http,
    metrics: metricsServer,
    stdio: (signal) =>
      serveStdio({
        ...mcp,
        newRequestId: () => `req_${newId()}`,
        maxMessageBytes: config.http.maxBodyBytes,
        signal,
      }),
    stores,
    logger,
    sandbox,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Who shows an access token; null where nobody is asked for one. */
const openTokens = (
  { auth, proxy }: Config,
  parts: { clock: Clock; logger: Logger },
  resources: AsyncDisposableStack,
): ReturnType<typeof createReadToken> | null => {
  if (auth.mode !== 'oauth') return null
  const { get: getJson } = resources.use(createJsonReader(proxyOf({ proxy })))
  return createReadToken({ settings: auth.oauth, getJson, ...parts })
}

/** Null where it is not there, or nobody would ask it. */
const trainedVerifier = async ({ cache, embedder }: Config, logger: Logger): Promise<Verifier | null> => {
  if (!cache.enabled || cache.near.mode === 'off' || !embedder) return null
  const loaded = await loadVerifier()
  if (loaded.verifier === null)
    logger.warn({ why: loaded.why }, 'there are no near answers: the verifier cannot be read')
  return loaded.verifier
}

/** What finds the answers to other questions that mean the same; null where nothing can or shall. */
const nearMemoryOf = (
  { cache: { enabled, near: settings } }: Config,
  parts: {
    perception: Perception | null
    nearIndex: NearIndex | null
    entries: Stores['entries']
    verifier: Verifier | null
    events: Events
    clock: Clock
  },
): NearMemory | null => {
  const { perception, nearIndex, events, verifier } = parts
  if (!enabled || settings.mode === 'off' || !perception || !nearIndex || !verifier) return null
  const { findNeighbours } = nearIndex
  return openNear({ ...parts, ...perception, findNeighbours, verifier, settings, changed: events.nearBound })
}

/** Loaded only where somebody scrapes; null elsewhere. */
const measure = async (config: Config): Promise<Metrics | null> => {
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

/** Which models can be called, for the router: what it must know of rows without knowing where they come from. */
const catalogueOf = (config: Config, rows: readonly ProviderRow[]) => {
  const callable = new Map(rows.map((row) => [row.id, row]))
  const known = new Map(config.knownProviders.map((provider) => [provider.id, provider]))
  const noFlags = { multipleChoices: false, nativeParts: false }
  return {
    cards: () => config.models,
    whyNotCallable: ({ provider }: ModelCard) =>
      callable.has(provider)
        ? null
        : (known.get(provider)?.reason ?? `"${provider}" is no row of config/providers.yaml.`),
    rowFlags: (provider: string) => {
      const template = known.get(provider)?.template
      return template ? { ...template.wire, toolsDialect: template.toolsDialect } : noFlags
    },
    uncharted: (provider: string, id: string) => {
      const row = callable.get(provider)
      return row?.uncharted ? unchartedCard(row, id) : null
    },
  }
}

/** How each provider's wire does embeddings, for the router. */
const embeddingWiresOf =
  ({ knownProviders }: Config, dialects: ReadonlyMap<string, Dialect>): EmbeddingWire =>
  (provider) => {
    const name = knownProviders.find(({ id }) => id === provider)?.template.dialect ?? ''
    return dialects.get(name)?.embed ? { openaiShaped: name === 'openai-chat' } : null
  }

/** What the router must know of rows for native calls. */
const passthroughRowsOf = ({ knownProviders }: Config, rows: readonly ProviderRow[]): PassthroughRows => ({
  callable: () => rows.map(({ id, dialect }) => ({ provider: id, dialect })),
  dialectOf: (provider) => knownProviders.find(({ id }) => id === provider)?.template.dialect,
  bareCard: (provider, id) => unchartedCard({ id: provider }, id),
})

const systemClock: Clock = { now: () => Date.now() }

/** The stores as a serving gateway has them: its remembered answers survive a restart where there is a key to seal them. */
export const openServingStores = async (config: Config, clock: Clock, logger: Logger): Promise<Stores> => {
  const { dataDir, database, redis, ledger, cache, cacheKeys } = config
  const mayKeep = cache.enabled && dataDir !== inMemory
  if (mayKeep && !cacheKeys)
    logger.info(
      {},
      'remembered answers are in memory only and end with the gateway: CACHE_KEY would seal and keep them',
    )
  const notice = (message: string): void => logger.warn({}, message)
  const keptCache = cacheKeys && { keys: cacheKeys, maxBytes: cache.maxDiskBytes, notice }
  return openStores({ dataDir, database, redis, ledger, cacheMaxBytes: cache.maxBytes, clock, logger, keptCache })
}

/** The stores alone, for commands that need no gateway. */
export const openConfiguredStores = ({ dataDir, database, ledger, cache }: Config): Promise<Stores> =>
  openStores({ dataDir, database, ledger, cacheMaxBytes: cache.maxBytes, clock: systemClock })

/** Who changes keys from the command line: whoever may read and write what they are kept in. */
const commandLine = { id: 'cli', name: 'command line' }

/** The keys alone, for commands that need no gateway. */
export const openKeyDirectory = async (config: Config): Promise<KeyDirectory & AsyncDisposable> => {
  const { directory, audit, ...stores } = await openConfiguredStores(config)
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
): Perception | null => embedder && startWorker && createPerception({ startWorker, settings: embedder, logger })

const proxyOf = ({ proxy }: Pick<Config, 'proxy'>) =>
  proxy && {
    httpsProxy: proxy.httpsProxy?.reveal() ?? null,
    httpProxy: proxy.httpProxy?.reveal() ?? null,
    noProxy: proxy.noProxy ?? '',
  }
