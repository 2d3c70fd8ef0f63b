import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Worker } from 'node:worker_threads'
import { createAdmin } from './admin/admin.ts'
import type { Readiness } from './admin/status.ts'
import { createCache } from './cache/cache.ts'
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
import { createDeployments } from './gateway/deployments.ts'
import { createGateway } from './gateway/gateway.ts'
import type { Gateway } from './gateway/gateway.ts'
import { createMetricsServer } from './http/metrics-server.ts'
import type { MetricsServer } from './http/metrics-server.ts'
import { createHttpServer } from './http/server.ts'
import type { HttpServer } from './http/server.ts'
import { createPriceBook } from './ledger/book.ts'
import { createReadSpent } from './ledger/read-spent.ts'
import { createRequestTokens } from './ledger/request-tokens.ts'
import { startPruning } from './ledger/start-pruning.ts'
import { createTokenFactors } from './ledger/token-factors.ts'
import { createTokenCounter } from './ledger/tokens.ts'
import { watchLedger } from './ledger/watch-ledger.ts'
import { createLimiter } from './limits/limiter.ts'
import { watchLoopLag } from './limits/loop-lag.ts'
import { createShed } from './limits/shed.ts'
import { createMcpHttpHandler, serveStdio } from './mcp/transports.ts'
import { createServer } from './mcp/server.ts'
import type { ServerDeps } from './mcp/server.ts'
import { createNearIndex } from './perception/near-index.ts'
import { createDialects } from './providers/index.ts'
import { createPassThrough } from './providers/passthrough.ts'
import { createUpstreamHttp } from './providers/http.ts'
import { classifyLexically } from './routing/classify.ts'
import type { EmbeddingWire } from './routing/embedding.ts'
import type { PassthroughRows } from './routing/passthrough.ts'
import { createRoute } from './routing/route.ts'
import { createSchemas } from './schemas/schemas.ts'
import { openSandbox } from './sandbox/sandbox.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import { createSecrets } from './secrets/secrets.ts'
import type { Stores } from './stores/index.ts'
import { createAudited } from './telemetry/audited.ts'
import { createEvents } from './telemetry/events.ts'
import { createCloudFields } from './telemetry/cloud/line.ts'
import { findPlace } from './telemetry/cloud/find-place.ts'
import { createOwnLogs } from './telemetry/cloud/own-logs.ts'
import { createLogContext } from './telemetry/log-context.ts'
import { createLogger, openLines } from './telemetry/logger.ts'
import type { LogTarget } from './telemetry/logger.ts'
import { openTracing, traceparentFor } from './telemetry/tracing.ts'
import { timeStores } from './telemetry/time-stores.ts'
import { createKeyDirectory } from './tenants/directory.ts'
import {
  adminHeadersOf,
  measure,
  nearMemoryOf,
  openPerception,
  openServingStores,
  openTokens,
  proxyOf,
  systemClock,
  trainedVerifier,
} from './open-parts.ts'

/** A gateway, put together and ready to serve. Disposing it finishes what runs and closes everything. */
export interface App extends AsyncDisposable {
  gateway: Gateway
  http: HttpServer
  /** Null where no port is set for it. */
  metrics: MetricsServer | null
  logger: Logger
  /** Loads what near answers and the Logging API take, so that the first request finds it; nothing waits for that. */
  warm(): void
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
  const place = await findPlace(config.place)
  const logContext = config.log.format === 'cloud' ? createLogContext(config.tracing?.sampleRatio ?? null) : undefined
  const cloudFields = logContext && createCloudFields({ place, version, instanceId, context: logContext })
  const lines = openLines(logTo.fd)
  const logger = createLogger(config.log, logTo, cloudFields, lines)

  const { cache: cacheSettings } = config
  const opened = resources.use(overrides.stores ?? (await openServingStores(config, clock, logger)))
  const metrics = await measure(config)
  const tracing = config.tracing
    ? resources.use(await openTracing({ settings: config.tracing, version, instanceId, clock, logger }))
    : null
  const { content: logContent, requests: logRequests } = config.log
  const events = createEvents({ logger, logContent, logRequests, context: logContext, metrics, tracing })
  const stores = metrics ? timeStores(opened, events.stored) : opened
  // Before all that does not need them: where questions are kept, their thread loads its models beside the rest.
  const perception = openPerception(config, logger, overrides.startEmbedder)
  resources.use(perception)
  const snapshot = stores.derivedKey && { folder: path.join(config.dataDir, 'near-index'), key: stores.derivedKey }
  const nearIndex = perception && createNearIndex({ perception, entries: stores.entries, snapshot, logger })
  resources.use(nearIndex)

  resources.use(startPruning({ receipts: stores.receipts, settings: config.ledger, clock, logger }))
  // Whoever writes to these waits for it: at the end nothing is left to close.
  const ownLogs = createOwnLogs({
    settings: config.ownLogs,
    place,
    instanceId,
    version,
    context: logContext,
    write: (line) => lines.write(line),
    written: (log, outcome) => metrics?.logged(log, outcome),
    logger,
  })
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
  const deployments = resources.use(
    createDeployments({
      rows,
      settings: config.resilience,
      rests: stores.rests,
      waited: events.waited,
      clock,
      others: stores.others,
    }),
  )

  const perceptionStatus = () => (perception && nearIndex ? { ...perception.facts(), near: nearIndex.state() } : null)
  const near = nearMemoryOf(config, {
    perception,
    nearIndex,
    entries: stores.entries,
    verifier: overrides.verifier ?? (await trainedVerifier(config, logger)),
    kept: await stores.nearPolicy.read(),
    note: stores.nearPolicy,
    events,
    clock,
  })
  const cache = createCache({
    entries: stores.entries,
    clock,
    settings: cacheSettings,
    scopeOf: createScopeOf({ share: cacheSettings.share, secret: stores.secret }),
    random,
    simulated: sandbox !== null,
    near,
  })
  const limiter = createLimiter({ counters: stores.counters, clock, settings: config.limits })
  const keys = createKeyDirectory({
    directory: stores.directory,
    fixed: config.auth.mode === 'api-key' ? config.auth.keyHashes : [],
    clock,
  })
  const dialects = createDialects(upstream, perception?.perceive)
  const { classify, route, mayServe, routeEmbedding, routePassthrough, resolve } = createRoute({
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
    take: limiter.take,
    priorities: config.limits.priorities,
    shed: createShed({ lagMs: resources.use(watchLoopLag()).lagMs, maxLagMs: config.maxLagMs, shed: events.shed }),
    assertWritable: stores.ledger.assertWritable,
    cache,
    classify,
    route,
    mayServe,
    routeEmbedding,
    routePassthrough,
    resolve,
    deployments,
    dialects,
    passThrough: createPassThrough(upstream),
    prices,
    tokens,
    receipts: ownLogs.receipts(ledger),
    events,
    leases: stores.leases,
    resilience: config.resilience,
    schemas: createSchemas(),
    structured: config.structured,
    canary: cacheSettings.near.canary,
    readSpent: createReadSpent(stores.receipts, { simulated: sandbox !== null, clock }),
    deadlineMs: config.http.requestDeadlineMs,
    instanceId,
    traceparentOf: traceparentFor(tracing !== null),
    clock,
    random,
  }
  const findKey = config.auth.mode === 'none' ? null : keys.find
  const readToken = await openTokens(config, { clock, logger }, resources)
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
    audited: createAudited({ audit: ownLogs.audit(stores.audit), newId, clock }),
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
    bounds: config.http,
    limitsOf: (caller) => limiter.limitsOf({ kind: 'caller', ...caller }),
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
    redisAway: stores.redisAway,
    shared: () => stores.sharedCounts?.() ?? null,
    perception: perceptionStatus,
    near: () => near && { counts: cache.nearCounts(), policy: near.policy() },
    news: stores.news,
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
      within: logContext?.within,
      adminHeaders: adminHeadersOf(place),
      replied: metrics || logRequests !== 'off' ? events.replied : undefined,
    }),
  )

  const owned = resources.move()
  return {
    gateway,
    http,
    metrics: metricsServer,
    warm: () => {
      if (near) void perception?.warm()
      ownLogs.warm()
    },
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
