import path from 'node:path'
import type { ModelCard } from '../contract/model.ts'
import type { PriceRule } from '../contract/price.ts'
import type { SecretText } from '../contract/provider.ts'
import type {
  CacheSettings,
  DatabaseSettings,
  EmbedderSettings,
  HttpSettings,
  LedgerSettings,
  LimitSettings,
  LogSettings,
  MetricsSettings,
  OwnLogsSettings,
  PlaceSettings,
  RedisSettings,
  ResilienceSettings,
  RoutingSettings,
  SecretSettings,
  StructuredSettings,
  TracingSettings,
} from '../contract/settings.ts'
import { inMemory } from '../contract/store.ts'
import { readAuth } from './auth.ts'
import type { AuthSettings } from './auth.ts'
import { readCards } from './cards.ts'
import { isOpenWire, readDatabase } from './database.ts'
import { checkDirectories, dataDirOf } from './directories.ts'
import { readEnv } from './env.ts'
import type { Env, Source } from './env.ts'
import { readConfigFile } from './files.ts'
import { limitSettings } from './limits.ts'
import { checkPorts } from './ports.ts'
import { ConfigError } from './problem.ts'
import { openWireOf, readRedis } from './redis.ts'
import type { RedisAddress } from './redis.ts'
import { checkReferences } from './references.ts'
import { readRows } from './rows.ts'
import type { ConfiguredRow, KnownProvider } from './rows.ts'
import { readRules } from './rules.ts'
import { decideSandbox } from './sandbox.ts'
import { schemas } from './schema/files.ts'
import { createSecret } from './secrets.ts'
import {
  cacheSettings,
  embedderSettings,
  httpSettings,
  ledgerSettings,
  logSettings,
  metricsSettings,
  ownLogsSettings,
  placeSettings,
  resilienceSettings,
  routingSettings,
  structuredSettings,
  tracingSettings,
} from './settings.ts'

/** Everything that the environment and config/*.yaml decide. What is switched off is null. */
export interface Config {
  http: HttpSettings
  publicUrl: string | null
  secrets: SecretSettings
  /** Absolute, as is `configDir`; or `:memory:`. */
  dataDir: string
  /** Keeps the ledger, the keys and the audit trail; null: `dataDir` does. */
  database: DatabaseSettings | null
  /** Counts for all instances; null: each counts for itself. */
  redis: RedisSettings | null
  configDir: string
  auth: AuthSettings
  log: LogSettings
  place: PlaceSettings
  ownLogs: OwnLogsSettings
  metrics: MetricsSettings | null
  /** Null: no collector is named. */
  tracing: TracingSettings | null
  /** Rows that can be called. */
  providers: readonly ConfiguredRow[]
  /** The gateway's own embedding model as a row; null where it is off. */
  localRow: ConfiguredRow | null
  /** Every row, and what to set where it cannot be called. */
  knownProviders: readonly KnownProvider[]
  /** Cards of all rows, callable or not. */
  models: readonly ModelCard[]
  prices: readonly PriceRule[]
  routing: RoutingSettings
  cache: CacheSettings
  /** Null: remembered answers are in memory only. */
  cacheKeys: { current: SecretText; previous: SecretText | null } | null
  /** Null: there is to be none. */
  embedder: EmbedderSettings | null
  limits: LimitSettings
  /** Lag of the event loop above which new requests are refused; 0: never. */
  maxLagMs: number
  resilience: ResilienceSettings
  structured: StructuredSettings
  ledger: LedgerSettings
  /** With `start`, app.ts puts the sandbox behind every row (`sandboxRows`). */
  sandbox: 'start' | 'off'
  /** Proxy URLs may hold a password. */
  proxy: { httpsProxy: SecretText | null; httpProxy: SecretText | null; noProxy: string | null } | null
  extraCaCerts: string | null
  /** Things to say at start that are no faults. */
  notices: readonly string[]
}

/**
 * Reads the environment and the YAML files. Relative directories are the project's, not the caller's. Defaults of
 * variables stand in env.ts, those of settings in schema/*.ts, each once.
 * @throws ConfigError with every problem of all of them
 */
export const loadConfig = (options: { root: string; env?: Source }): Config => {
  const { root, env: source = process.env } = options
  const { env, problems: envProblems } = readEnv(source)
  const configDir = path.resolve(root, env.CONFIG_DIR)
  const files = readFiles({
    configDir,
    shippedDir: path.join(root, 'config'),
    keptDir: path.join(root, 'node_modules/.cache/config'),
  })

  const { auth, problems: authProblems } = readAuth(env, files.callers, {
    modeIsFaulty: envProblems.some(({ key }) => key === 'AUTH_MODE'),
  })
  const { rows, localRow, known, problems: rowProblems } = readRows(files.providers, env, source)
  const { database, problems: databaseProblems } = readDatabase(env, root)
  const { redis, problems: redisProblems } = readRedis(env, root)
  const entries = files.providers.value?.providers ?? []
  const { cards, problems: cardProblems } = readCards(files.models, entries)
  const { rules, problems: ruleProblems } = readRules(files.pricing, entries)
  const { value: routing } = files.routing
  const { value: limits } = files.limits
  const { value: cache } = files.cache

  const problems = [
    ...envProblems,
    ...checkDirectories(env, configDir, root),
    ...checkPorts(env),
    ...databaseProblems,
    ...redisProblems,
    ...authProblems,
    ...Object.values(files).flatMap((file) => file.problems),
    ...rowProblems,
    ...cardProblems,
    ...ruleProblems,
    ...checkReferences({ ...files, providers: entries, cards }),
  ]
  if (problems.length > 0 || !routing || !limits || !cache) throw new ConfigError(problems)

  const sandbox = decideSandbox(env, rows.length)
  return {
    http: httpSettings(limits, env),
    publicUrl: env.PUBLIC_URL ?? null,
    secrets: { ttlMs: env.SECRET_TTL_SECONDS * 1000, endpoint: env.SECRET_MANAGER_ENDPOINT ?? null },
    dataDir: dataDirOf(env, root),
    database,
    redis: redis && { ...redis, awayShare: limits.rate.redis_away_share },
    configDir,
    auth,
    log: logSettings(env),
    place: placeSettings(env),
    ownLogs: ownLogsSettings(env),
    metrics: metricsSettings(env),
    tracing: tracingSettings(env),
    providers: rows,
    localRow,
    knownProviders: known,
    models: cards,
    prices: rules,
    routing: routingSettings(routing),
    cache: cacheSettings(cache, env),
    cacheKeys: cacheKeysOf(env),
    embedder: embedderSettings(env, root),
    limits: limitSettings(limits, env, auth),
    maxLagMs: limits.shedding.max_lag_ms,
    resilience: resilienceSettings(limits),
    structured: structuredSettings(limits),
    ledger: ledgerSettings(limits, env),
    sandbox,
    proxy: proxyOf(env),
    extraCaCerts: env.NODE_EXTRA_CA_CERTS === undefined ? null : path.resolve(root, env.NODE_EXTRA_CA_CERTS),
    notices: noticesOf({ env, auth, sandbox, database, redis, callableRows: rows.length }),
  }
}

const readFiles = (at: { configDir: string; shippedDir: string; keptDir: string }) => ({
  providers: readConfigFile({ ...at, name: 'providers.yaml', schema: schemas['providers.yaml'] }),
  models: readConfigFile({ ...at, name: 'models.yaml', schema: schemas['models.yaml'] }),
  pricing: readConfigFile({ ...at, name: 'pricing.yaml', schema: schemas['pricing.yaml'] }),
  routing: readConfigFile({ ...at, name: 'routing.yaml', schema: schemas['routing.yaml'] }),
  limits: readConfigFile({ ...at, name: 'limits.yaml', schema: schemas['limits.yaml'] }),
  cache: readConfigFile({ ...at, name: 'cache.yaml', schema: schemas['cache.yaml'] }),
  callers: readConfigFile({ ...at, name: 'callers.yaml', schema: schemas['callers.yaml'] }),
})

const proxyOf = ({ HTTPS_PROXY, HTTP_PROXY, NO_PROXY }: Env): Config['proxy'] =>
  HTTPS_PROXY === undefined && HTTP_PROXY === undefined
    ? null
    : {
        httpsProxy: HTTPS_PROXY === undefined ? null : createSecret(HTTPS_PROXY),
        httpProxy: HTTP_PROXY === undefined ? null : createSecret(HTTP_PROXY),
        noProxy: NO_PROXY ?? null,
      }

const cacheKeysOf = ({ CACHE_KEY: current, CACHE_KEY_PREVIOUS: previous }: Env): Config['cacheKeys'] =>
  current === undefined
    ? null
    : { current: createSecret(current), previous: previous === undefined ? null : createSecret(previous) }

const noticesOf = (options: {
  env: Env
  auth: AuthSettings
  sandbox: Config['sandbox']
  database: DatabaseSettings | null
  redis: RedisAddress | null
  callableRows: number
}): string[] => {
  const { env, auth, sandbox, database, redis, callableRows } = options
  const notices: string[] = []
  if (sandbox === 'off' && callableRows === 0)
    notices.push('No provider can be called: set an API key such as OPENAI_API_KEY, or PROVIDERS=sandbox, and restart.')
  if (auth.mode === 'none' && (env.RATE_LIMIT_MAX_REQUESTS !== undefined || env.RATE_LIMIT_WINDOW_MS !== undefined))
    notices.push('RATE_LIMIT_* has no effect with AUTH_MODE=none: callers cannot be told apart.')
  if (database && isOpenWire(database))
    notices.push(
      `What is said to PostgreSQL at ${database.host} is not encrypted: add sslmode=verify-full to DATABASE_URL.`,
    )
  const openNode = redis && openWireOf(redis)
  if (openNode)
    notices.push(`What is said to Redis at ${openNode.host} is not encrypted: begin REDIS_URL with rediss://.`)
  if (env.DATA_DIR === inMemory && database)
    notices.push(
      'There is no journal (DATA_DIR=:memory:): answers that run while PostgreSQL goes away end in an error, as their receipts have no place.',
    )
  else if (env.DATA_DIR === inMemory)
    notices.push(
      'Nothing is kept (DATA_DIR=:memory:): the ledger ends with the gateway and holds the last receipts only.',
    )
  if (env.CACHE_KEY === undefined && env.CACHE_KEY_PREVIOUS !== undefined)
    notices.push('CACHE_KEY_PREVIOUS has no effect without CACHE_KEY: remembered answers are in memory only.')
  if (env.LOG_CONTENT) notices.push('Prompts and answers are written to the log (LOG_CONTENT).')
  return notices
}
