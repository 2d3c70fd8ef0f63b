import path from 'node:path'
import type {
  LedgerSettings,
  CacheSettings,
  EmbedderSettings,
  HttpSettings,
  LogSettings,
  MetricsSettings,
  NearSettings,
  OwnLogsSettings,
  PlaceSettings,
  ResilienceSettings,
  RoutingSettings,
  StructuredSettings,
  TracingSettings,
} from '../contract/settings.ts'
import { parseUsd } from '../contract/money.ts'
import { createSecret } from './secrets.ts'
import type { Env } from './env.ts'
import type { CacheEntrySettings } from './schema/cache.ts'
import type { LimitsEntry } from './schema/limits.ts'
import type { RoutingEntry } from './schema/routing.ts'

const secondMs = 1_000

/** Files as rooms read them; a variable of the environment replaces what a file says. */
export const httpSettings = ({ http }: LimitsEntry, env: Env): HttpSettings => ({
  host: env.HOST,
  port: env.PORT,
  allowedHosts: [
    ...(env.ALLOWED_HOSTS ?? http.allowed_hosts),
    ...(env.PUBLIC_URL === undefined ? [] : [new URL(env.PUBLIC_URL).hostname]),
  ],
  allowedOrigins: env.ALLOWED_ORIGINS ?? http.allowed_origins,
  maxBodyBytes: http.max_body_bytes,
  requestDeadlineMs: http.request_deadline_ms,
  commitAfterMs: http.commit_after_ms,
  pingIntervalMs: http.ping_interval_ms,
  drainMs: http.drain_ms,
})

/** Null where nobody scrapes. */
export const metricsSettings = ({ METRICS_PORT: port, METRICS_HOST: host }: Env): MetricsSettings | null =>
  port === undefined ? null : { host, port }

export const logSettings = (env: Env): LogSettings => ({
  level: env.LOG_LEVEL,
  format: env.LOG_FORMAT === 'auto' && env.K_SERVICE !== undefined ? 'cloud' : env.LOG_FORMAT,
  content: env.LOG_CONTENT,
  requests: env.LOG_REQUESTS,
})

export const ownLogsSettings = (env: Env): OwnLogsSettings => ({
  auditLines: env.LOG_AUDIT ?? logSettings(env).format === 'cloud',
  byApi: env.LOGGING_API,
  endpoint: env.LOGGING_ENDPOINT ?? null,
  timeoutMs: 2 * secondMs,
  restMs: 10 * secondMs,
  maxWaiting: 5_000,
})

export const placeSettings = (env: Env): PlaceSettings => {
  const isGoogle = env.K_SERVICE !== undefined || env.LOG_FORMAT === 'cloud' || env.LOGGING_API.length > 0
  return {
    project: env.GOOGLE_CLOUD_PROJECT ?? null,
    region: env.GOOGLE_CLOUD_REGION ?? null,
    service: env.K_SERVICE ?? null,
    revision: env.K_REVISION ?? null,
    configuration: env.K_CONFIGURATION ?? null,
    metadataHost: isGoogle ? env.GCE_METADATA_HOST : null,
  }
}

export const resilienceSettings = ({ resilience }: LimitsEntry): ResilienceSettings => ({
  maxTries: resilience.max_tries,
  baseDelayMs: resilience.base_delay_ms,
  maxDelayMs: resilience.max_delay_ms,
  maxRetryAfterMs: resilience.max_retry_after_ms,
  concurrency: {
    min: resilience.concurrency.min,
    backoff: resilience.concurrency.backoff,
    recoverMs: resilience.concurrency.recover_ms,
    maxWaiting: resilience.queue.max_waiting,
    maxWaitMs: resilience.queue.max_wait_ms,
  },
  breaker: {
    windowMs: resilience.breaker.window_ms,
    minCalls: resilience.breaker.min_calls,
    failureRatio: resilience.breaker.failure_ratio,
    slowMs: resilience.breaker.slow_ms,
    restMs: resilience.breaker.rest_ms,
    accountRestMs: resilience.breaker.account_rest_ms,
  },
})

/** Null where there is to be no embedder. */
export const embedderSettings = ({ EMBEDDER, MODEL_DIR }: Env, root: string): EmbedderSettings | null =>
  EMBEDDER === 'none'
    ? null
    : {
        form: EMBEDDER,
        folder: path.resolve(root, MODEL_DIR),
        pairFolder: path.resolve(root, '.models/near-verifier'),
        // What one worker reads in about a quarter of a second.
        maxWaiting: 100,
        maxRemembered: 2_000,
      }

export const structuredSettings = ({ structured_output: output }: LimitsEntry): StructuredSettings => ({
  maxRepairs: output.max_repairs,
})

export const ledgerSettings = ({ ledger }: LimitsEntry, env: Env): LedgerSettings => ({
  retentionDays: env.RETENTION_DAYS ?? ledger.retention_days,
  whenAway: ledger.when_away,
  journalMaxBytes: ledger.journal_max_bytes,
})

export const cacheSettings = (cache: CacheEntrySettings, env: Env): CacheSettings => {
  const maxBytes = env.CACHE_MAX_BYTES ?? cache.max_bytes
  return {
    enabled: env.CACHE_ENABLED ?? cache.enabled,
    chatTtlMs: (env.CACHE_TTL_SECONDS ?? cache.chat_ttl_seconds) * secondMs,
    // Who sets the variable means every answer.
    taskTtlMs: env.CACHE_TTL_SECONDS === undefined ? inMs(cache.task_ttl_seconds) : {},
    embeddingsTtlMs: cache.embeddings_ttl_seconds * secondMs,
    modelsTtlMs: cache.models_ttl_seconds * secondMs,
    maxTtlMs: cache.max_ttl_seconds * secondMs,
    staleMs: cache.stale_while_revalidate_seconds * secondMs,
    share: cache.share,
    maxDiskBytes: cache.max_disk_bytes,
    maxNewsBytes: cache.max_news_bytes,
    maxSharedBytes: cache.max_shared_bytes,
    maxBytes,
    maxEntryBytes: Math.min(cache.max_entry_bytes, maxBytes),
    near: nearSettings(cache.near),
  }
}

const nearSettings = (near: CacheEntrySettings['near']): NearSettings => ({
  mode: near.mode,
  maxFalseHitRate: near.max_false_hit_rate,
  byClass: near.by_class,
  classes: near.classes,
  similarityThreshold: near.similarity_threshold,
  deadlineMs: near.deadline_ms,
  canary: { share: near.canary.share, budgetNanoUsdPerDay: parseUsd(near.canary.budget_usd_per_day) },
})

const inMs = (seconds: CacheEntrySettings['task_ttl_seconds']): CacheSettings['taskTtlMs'] =>
  Object.fromEntries(Object.entries(seconds).map(([task, value]) => [task, value * secondMs]))

export const routingSettings = (routing: RoutingEntry): RoutingSettings => ({
  profiles: routing.profiles,
  defaultQuality: routing.default_quality,
  expectedOutputTokens: routing.expected_output_tokens,
  defaultFirstTokenMs: routing.default_first_token_ms,
  defaultOutputTokensPerSecond: routing.default_output_tps,
  qualityFloor: routing.quality_floor,
  aliases: routing.aliases,
  fallbacks: routing.fallbacks,
})

/** Spans that may wait, and how long one delivery may take: OpenTelemetry's own defaults. */
const spanQueue = { maxQueued: 2_048, timeoutMs: 10_000 }

export const tracingSettings = (env: Env): TracingSettings | null => {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = env
  const url = own ?? (base === undefined ? null : `${base}/v1/traces`)
  if (url === null) return null
  const headers = env.OTEL_EXPORTER_OTLP_HEADERS
  return {
    url,
    headers: headers === undefined ? null : createSecret(headers),
    serviceName: env.OTEL_SERVICE_NAME,
    resource: Object.fromEntries(
      (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',').flatMap((pair) => {
        const [name = '', value = ''] = pair.split(/=(.*)/s)
        return name.trim() === '' ? [] : [[name.trim(), value.trim()]]
      }),
    ),
    sampleRatio: env.OTEL_TRACES_SAMPLER_ARG,
    ...spanQueue,
  }
}
