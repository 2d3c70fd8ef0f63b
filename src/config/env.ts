import { z } from 'zod'
import { ownLogs } from '../contract/settings.ts'
import { belongs } from './explain.ts'
import type { Problem } from './problem.ts'
import type { ProviderEntry } from './schema/providers.ts'

/** The file that problems with variables are said to be in. */
const environment = 'environment'

/** What PROVIDERS calls the sandbox. */
export const sandboxName = 'sandbox'

const whole = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number)

const flag = z.stringbool({ error: 'must be true or false' })

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` })

/** An http(s) URL without credentials, query or fragment; a trailing slash is dropped. */
export const plainUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
  .refine((url) => !/^\w+:\/\/[^/?#]*@/.test(url), 'must not hold a user name or password')
  .refine((url) => !/[?#]/.test(url), 'must not have a query or a fragment')
  .transform((url) => url.replace(/\/+$/, ''))

const proxyUrl = z.url({ protocol: /^https?$/, error: 'must be a URL such as http://proxy.example:3128' }).optional()

/** 32 random bytes in base64 (44 characters), or a phrase that nobody guesses. */
const cacheKey = z
  .string()
  .min(
    16,
    'must be 32 random bytes in base64, such as `openssl rand -base64 32` prints, or a phrase of at least 16 characters',
  )

/** Every variable that is not a provider's, with its meaning. Those with a default here have it nowhere else. */
const variables = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on. Others than loopback need AUTH_MODE.'),
  PORT: whole(0, 65_535).default(8080).describe('Port to listen on; 0 takes any free one.'),
  PUBLIC_URL: plainUrl.optional().describe('URL under which the gateway is reached from outside.'),
  ALLOWED_HOSTS: list
    .optional()
    .describe('Host names that requests may name, comma-separated; replaces http.allowed_hosts.'),
  ALLOWED_ORIGINS: list
    .optional()
    .describe('Origins of web pages that may call, comma-separated; replaces http.allowed_origins.'),
  AUTH_MODE: oneOf(['none', 'api-key', 'oauth'])
    .optional()
    .describe('Who may call: `none` (loopback only; the default there), `api-key` or `oauth`.'),
  API_KEY_HASHES: list
    .optional()
    .describe('Gateway keys for hosts without a disk, comma-separated: SHA-256 in hex, or id:scope:SHA-256.'),
  OAUTH_VERIFIER: oneOf(['jwt', 'google', 'iap'])
    .optional()
    .describe(
      'What callers show with AUTH_MODE=oauth: `jwt` (the default), access tokens of OAUTH_ISSUER; `google`, Google ID tokens; `iap`, what Identity-Aware Proxy adds.',
    ),
  OAUTH_ISSUER: list
    .optional()
    .describe('Authorization servers whose tokens count, comma-separated, each exactly as in the `iss` of its tokens.'),
  OAUTH_AUDIENCE: list
    .optional()
    .describe('What tokens must be for (`aud`), comma-separated; PUBLIC_URL and its `/mcp` unless said.'),
  OAUTH_JWKS_URL: plainUrl
    .optional()
    .describe("Where the issuer's keys are; found through the issuer's own metadata unless said."),
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('Directory of the ledger and the keys. `:memory:` keeps nothing: for trials and hosts without a disk.'),
  DATABASE_URL: z
    .string()
    .optional()
    .describe(
      'PostgreSQL for the ledger, the keys and the audit trail, e.g. postgres://user:password@host/name?sslmode=verify-full; SQLite in DATA_DIR where unset.',
    ),
  DATABASE_POOL_MAX: whole(2, 500)
    .default(10)
    .describe('Connections to PostgreSQL that one process holds at most, a quarter of them for reports.'),
  REDIS_URL: z
    .string()
    .optional()
    .describe(
      'Redis for what all instances share: limits, which providers rest and, with CACHE_KEY, remembered answers; e.g. rediss://:password@host:6379, a cluster as redis://host1,host2; each instance is by itself where unset.',
    ),
  CONFIG_DIR: z
    .string()
    .default('./config')
    .describe('Directory of the YAML files; those that it lacks are the shipped ones.'),
  EMBEDDER: oneOf(['int8', 'fp32', 'none'])
    .default('int8')
    .describe('Form of the local embedding model: `int8`, the larger and slower `fp32`, or `none` to go without.'),
  MODEL_DIR: z
    .string()
    .default('./.models/all-MiniLM-L6-v2')
    .describe("Directory of the local embedding model's files; set-up fills it, from what lies there where it can."),
  SECRET_TTL_SECONDS: whole(1, 86_400)
    .default(300)
    .describe(
      'How long a key that is referred to (`secret-manager:NAME@VERSION`, `file:PATH`) is used unread, in seconds.',
    ),
  SECRET_MANAGER_ENDPOINT: plainUrl
    .optional()
    .describe("Where a stand-in for Google's Secret Manager listens; its own address unless set."),
  METRICS_PORT: whole(0, 65_535)
    .optional()
    .describe('Port on which /metrics is served to Prometheus, for nothing else and without a key; off where unset.'),
  METRICS_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address that METRICS_PORT listens on. Others than loopback show the figures to whoever reaches them.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: plainUrl
    .optional()
    .describe('Collector that traces are sent to by OTLP over HTTP, `/v1/traces` is added; none are sent where unset.'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: plainUrl
    .optional()
    .describe('The same with its path, for traces alone; goes before OTEL_EXPORTER_OTLP_ENDPOINT.'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .optional()
    .describe(
      'Headers for the collector: `name=value,name=value`. Google’s own needs none: the machine lends a token.',
    ),
  OTEL_SERVICE_NAME: z.string().default('ai-gateway-mcp').describe('What the gateway is called in traces.'),
  OTEL_RESOURCE_ATTRIBUTES: z
    .string()
    .regex(/^[^=,]+=[^,]*(?:,[^=,]+=[^,]*)*$/, 'must be name=value,name=value')
    .optional()
    .describe('What else describes the gateway in traces, e.g. `gcp.project_id=my-project`.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, 'must be a number from 0 to 1')
    .max(1, 'must be a number from 0 to 1')
    .default(1)
    .describe('Share of the traces that begin here which are sent; others go by whoever began them.'),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe level that is logged.'),
  LOG_FORMAT: oneOf(['auto', 'json', 'cloud', 'pretty'])
    .default('auto')
    .describe(
      '`json`; `cloud`, JSON with the fields that Cloud Logging reads; `pretty`; or `auto`: cloud on Cloud Run, else pretty on a terminal and json elsewhere.',
    ),
  LOG_REQUESTS: oneOf(['off', 'failed', 'all'])
    .default('failed')
    .describe(
      'Which HTTP requests have a line of their own (method, path, status, time, sizes): `off`, `failed` (5xx) or `all`; probes never.',
    ),
  LOG_CONTENT: flag.default(false).describe('Whether prompts and answers are logged.'),
  LOG_AUDIT: flag
    .optional()
    .describe(
      'Whether what admins do is also said on stdout, as lines of a log of their own (`ai-gateway-audit`); as LOG_FORMAT is cloud unless said.',
    ),
  LOGGING_API: list
    .pipe(z.array(z.enum(ownLogs, { error: `must be ${ownLogs.join(', ')} or both, comma-separated` })))
    .default([])
    .describe(
      'Logs of their own that are written by the API of Google Cloud Logging, and waited for up to two seconds before the answer ends: `audit`, `receipts`.',
    ),
  LOGGING_ENDPOINT: plainUrl
    .optional()
    .describe("Where a stand-in for Google's Logging API listens; its own address unless set."),
  PROVIDERS: list
    .optional()
    .describe(
      'Provider rows to use, comma-separated; all that are set up unless said. `sandbox` asks for the sandbox.',
    ),
  RATE_LIMIT_WINDOW_MS: whole(1, 86_400_000).optional().describe('Sliding window in ms; replaces rate.window_ms.'),
  RATE_LIMIT_MAX_REQUESTS: whole(1, 1_000_000_000)
    .optional()
    .describe('Requests of one caller within the window; replaces rate.max_requests.'),
  CACHE_ENABLED: flag.optional().describe('Whether answers are remembered; replaces enabled.'),
  CACHE_TTL_SECONDS: whole(0, 31_536_000)
    .optional()
    .describe('Life of a remembered answer; replaces chat_ttl_seconds and task_ttl_seconds.'),
  CACHE_KEY: cacheKey
    .optional()
    .describe(
      'Seals remembered answers in DATA_DIR, so that they survive a restart; without it they are in memory only.',
    ),
  CACHE_KEY_PREVIOUS: cacheKey
    .optional()
    .describe('The CACHE_KEY before: what it sealed is still read, and sealed anew when it is used.'),
  CACHE_MAX_BYTES: whole(1, 1_000_000_000_000).optional().describe('Bound of the cache; replaces max_bytes.'),
  RETENTION_DAYS: whole(0, 36_500).optional().describe('Days that receipts are kept; replaces ledger.retention_days.'),
  HTTPS_PROXY: proxyUrl.describe('Proxy for calls to https URLs; https_proxy works too.'),
  HTTP_PROXY: proxyUrl.describe('Proxy for calls to http URLs; http_proxy works too.'),
  NO_PROXY: z
    .string()
    .optional()
    .describe('Hosts that are called without the proxy, comma-separated; no_proxy works too.'),
  NODE_EXTRA_CA_CERTS: z.string().optional().describe('PEM file of further certificate authorities to trust.'),
  K_SERVICE: z
    .string()
    .optional()
    .describe('Set by Cloud Run: the sandbox then never starts by itself, and the log is for Cloud Logging.'),
  K_REVISION: z.string().optional().describe('Set by Cloud Run: the revision, for the log and for admins.'),
  K_CONFIGURATION: z.string().optional().describe('Set by Cloud Run, for the log.'),
  GOOGLE_CLOUD_PROJECT: z
    .string()
    .optional()
    .describe("Id of Google Cloud's project, by which log lines name their trace; the metadata server's unless set."),
  GOOGLE_CLOUD_REGION: z
    .string()
    .optional()
    .describe("Region of Google Cloud, for the log and for admins; the metadata server's unless set."),
  GCE_METADATA_HOST: z
    .string()
    .default('metadata.google.internal')
    .describe(
      "Where Google's metadata server is asked for project and region, on Cloud Run and with LOG_FORMAT=cloud.",
    ),
  NODE_ENV: z.string().optional().describe('With `production` the sandbox never starts by itself.'),
})

export type Env = z.infer<typeof variables>
export type Source = Readonly<Record<string, string | undefined>>

/** Name, meaning and default of every variable but the providers', for the documentation. */
export const describeVariables = (): { name: string; meaning: string; fallback: string | null }[] =>
  Object.entries(variables.shape).map(([name, schema]) => {
    const { data } = schema.safeParse(undefined)
    return { name, meaning: schema.description ?? '', fallback: data === undefined ? null : String(data) }
  })

/** Variables that curl and its kin write in small letters. */
const eitherCase = new Set(['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'])

/** A variable's text; empty counts as unset. */
const textOf = (source: Source, name: string): string | undefined => {
  const text = source[name]?.trim()
  if (text) return text
  return eitherCase.has(name) ? source[name.toLowerCase()]?.trim() || undefined : undefined
}

/** Reads the environment. A variable that is wrong is a problem and counts as unset, so that the rest is checked too. */
export const readEnv = (source: Source): { env: Env; problems: Problem[] } => {
  const given = new Map(
    Object.keys(variables.shape).flatMap((name) => {
      const text = textOf(source, name)
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
  const problems: Problem[] = []
  for (const { path, message } of variables.safeParse(Object.fromEntries(given)).error?.issues ?? []) {
    const name = String(path[0])
    if (given.delete(name)) problems.push(envProblem(name, message, belongs(meaningOf(name))))
  }
  return { env: variables.parse(Object.fromEntries(given)), problems }
}

const meaningOf = (name: string): string =>
  describeVariables().find((variable) => variable.name === name)?.meaning ?? 'nothing'

export const envProblem = (key: string, problem: string, advice: string): Problem => ({
  file: environment,
  line: null,
  key,
  problem,
  advice,
})

/** The variables that belong to a provider row. */
export interface ProviderVariables {
  /** Those that may hold the key, the row's own first. */
  apiKeys: readonly string[]
  baseUrl: string
  /** Address of a local server, to which `/v1` is added where it has no path; null for other rows. */
  serverUrl: string | null
}

export const providerVariables = (row: Pick<ProviderEntry, 'id' | 'local' | 'key_env'>): ProviderVariables => {
  const prefix = row.id.toUpperCase().replaceAll('-', '_')
  return {
    apiKeys: [`${prefix}_API_KEY`, ...row.key_env],
    baseUrl: `${prefix}_BASE_URL`,
    serverUrl: row.local ? `${prefix}_URL` : null,
  }
}

/** What the environment says about a provider row: its keys, and where its API is, as text. */
export interface ProviderEnv {
  keys: readonly string[]
  /** The variable that holds them; null where none is set. */
  keyVariable: string | null
  address: { variable: string; text: string } | null
}

export const readProviderEnv = (source: Source, variables: ProviderVariables): ProviderEnv => ({
  ...readKeys(source, variables),
  address: readAddress(source, variables),
})

/** One variable's keys and no other's: the next may belong to another account, which nobody asked to charge. */
const readKeys = (source: Source, { apiKeys }: ProviderVariables): Pick<ProviderEnv, 'keys' | 'keyVariable'> => {
  const keyVariable = apiKeys.find((name) => textOf(source, name) !== undefined) ?? null
  return { keys: keyVariable === null ? [] : list.parse(textOf(source, keyVariable) ?? ''), keyVariable }
}

const readAddress = (source: Source, { baseUrl, serverUrl }: ProviderVariables): ProviderEnv['address'] => {
  const base = textOf(source, baseUrl)
  if (base !== undefined) return { variable: baseUrl, text: base }
  const server = serverUrl === null ? undefined : textOf(source, serverUrl)
  if (serverUrl === null || server === undefined) return null
  return { variable: serverUrl, text: withApiPath(server) }
}

/** Local servers are named by their address alone: their OpenAI-shaped API is under /v1. */
const withApiPath = (url: string): string => url.replace(/^(https?:\/\/[^/?#]+)\/?$/i, '$1/v1')
