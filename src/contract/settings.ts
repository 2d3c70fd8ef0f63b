import type { Scope } from './caller.ts'
import type { Limit } from './limit.ts'
import type { NanoUsd } from './money.ts'
import type { SecretText } from './provider.ts'
import type { EmbedderForm } from './perception.ts'
import type { Task } from './plan.ts'
import type { Priority } from './priority.ts'

/** What config/*.yaml and the environment decide, as each room reads it. Defaults live in `config/`, nowhere else. */
export interface RoutingSettings {
  /** Weight of each factor by profile; `balanced` applies when no requirement shifts it. */
  profiles: Readonly<Record<'balanced' | 'low_cost' | 'high_quality' | 'low_latency', FactorWeights>>
  /** Quality assumed where no prior is known. */
  defaultQuality: number
  /** Expected output tokens by task, for the score when the caller set no cap. */
  expectedOutputTokens: Readonly<Record<Task, number>>
  /** Speed assumed where neither measurement nor prior is known. */
  defaultFirstTokenMs: number
  defaultOutputTokensPerSecond: number
  /** Lowest quality prior that `auto` takes for a task unless the caller says otherwise. */
  qualityFloor: Readonly<Partial<Record<Task, number>>>
  /** Names that callers may use for a model: `fast` → `gpt-6-luna`. */
  aliases: Readonly<Record<string, string>>
  /** Models to fall back to, by the model's name, when the named model cannot answer. */
  fallbacks: Readonly<Record<string, readonly string[]>>
}

export interface FactorWeights {
  cost: number
  quality: number
  latency: number
  health: number
}

/** Who reads whose remembered answers. */
export const shares = ['user', 'team', 'tenant'] as const
export type Share = (typeof shares)[number]

export interface CacheSettings {
  enabled: boolean
  /** Life of an entry by kind; 0: not kept. */
  chatTtlMs: number
  /** Instead of `chatTtlMs`, by the task that was found in the request. */
  taskTtlMs: Readonly<Partial<Record<Task, number>>>
  embeddingsTtlMs: number
  modelsTtlMs: number
  /** Longest life that a caller may ask for. */
  maxTtlMs: number
  /** How long an answer past its life is given to the very same request, while one call renews it. */
  staleMs: number
  share: Share
  /** Bound of all entries on disk together, where they are kept there. */
  maxDiskBytes: number
  /** Bound of what Redis keeps of them for instances that begin or were away. */
  maxNewsBytes: number
  /** Bound of what all entries together take in Redis, where instances share them there. */
  maxSharedBytes: number
  /** Bound of all entries together, and of one. */
  maxBytes: number
  maxEntryBytes: number
  near: NearSettings
}

export interface EmbedderSettings {
  form: EmbedderForm
  /** The model's own; absolute. */
  folder: string
  /** Of the model that reads two questions at once; absolute. */
  pairFolder: string
  /** Texts that may wait for the embedder; one more goes without a vector. */
  maxWaiting: number
  /** Vectors that are kept by their text's hash, some 2 kB each. */
  maxRemembered: number
}

export interface SecretSettings {
  /** How long a secret that the configuration refers to is used without asking its source again. */
  ttlMs: number
  /** Where a stand-in for Google's Secret Manager listens; null: Google's own. */
  endpoint: string | null
}

/** Where spans of the gateway's work are sent. */
export interface TracingSettings {
  /** Of an OpenTelemetry collector's OTLP over HTTP, with its path. */
  url: string
  /** `name=value,name=value`; it may hold a token. */
  headers: SecretText | null
  serviceName: string
  /** What else describes this gateway, e.g. `gcp.project_id`. */
  resource: Readonly<Record<string, string>>
  /** Share of the traces that begin here which are sent, 0…1. */
  sampleRatio: number
  /** Spans that may wait to be sent; more are lost. */
  maxQueued: number
  /** How long one delivery may take. */
  timeoutMs: number
}

/** Who may use how much. */
export interface LimitSettings {
  /** Each caller's own, unless he is named below. */
  callers: readonly Limit[]
  /** By the caller's id. */
  byCaller: ReadonlyMap<string, readonly Limit[]>
  /** All callers together, by the model's name and by provider row. */
  /** What callers have at most and unless they say less; others have `normal` and may say what they like. */
  priorities: ReadonlyMap<string, Priority>
  models: ReadonlyMap<string, readonly Limit[]>
  providers: ReadonlyMap<string, readonly Limit[]>
}

/** How many calls run at one provider at a time, and how the others wait. */
export interface ConcurrencySettings {
  /** As few calls are always let through, whatever a provider says. */
  min: number
  /** Share of the running calls that go on after a provider says that it has too much to do; 1: as many as before. */
  backoff: number
  /** Time without a complaint after which twice as many are tried. */
  recoverMs: number
  /** Requests that wait for one provider. */
  maxWaiting: number
  maxWaitMs: number
}

/** How calls to providers are repeated and broken off. */
export interface ResilienceSettings {
  /** Tries at one deployment with one key, the first included. */
  maxTries: number
  /** Full-jitter backoff: random between 0 and min(maxDelayMs, baseDelayMs × 2^try). */
  baseDelayMs: number
  maxDelayMs: number
  /** Longest Retry-After that is waited for rather than failed over. */
  maxRetryAfterMs: number
  breaker: {
    windowMs: number
    /** Calls in the window before the ratio counts. */
    minCalls: number
    /** Share of failures, 0…1, that opens the circuit. */
    failureRatio: number
    /** A call whose first token takes longer counts as a failure. */
    slowMs: number
    /** How long an open circuit rests. */
    restMs: number
    /** How long it rests when the account is out of credit or the key is refused. */
    accountRestMs: number
  }
  concurrency: ConcurrencySettings
}

export interface HttpSettings {
  host: string
  port: number
  /** Host names beside loopback and `host` that requests may name. */
  allowedHosts: readonly string[]
  /** Origins (scheme://host[:port]) of web pages that may call. */
  allowedOrigins: readonly string[]
  maxBodyBytes: number
  /** Whole-request deadline, all tries together. */
  requestDeadlineMs: number
  /** A stream whose first event is later than this commits 200 and pings. */
  commitAfterMs: number
  pingIntervalMs: number
  /** How long running requests may go on after a stop signal. */
  drainMs: number
}

/** Who issues tokens, and where its keys are; null: its metadata says. */
export interface IssuerSettings {
  /** As tokens name it, to the last slash. */
  issuer: string
  jwksUrl: string | null
}

/** Whom a row of config/callers.yaml is about, all of what it says at once, and who he is here. */
export interface CallerRow {
  issuer?: string | undefined
  subject?: string | undefined
  /** Only a verified one counts. */
  email?: string | undefined
  domain?: string | undefined
  group?: string | undefined
  /** The id that he has without a row. */
  principal?: string | undefined
  /** One id for everybody whom the row is about; unset: each has his own. */
  id?: string | undefined
  name: string
  scope: Scope
  team?: string | undefined
  tenant?: string | undefined
}

/** Callers who show what an authorization server gave them. */
export interface OauthSettings {
  /** `jwt`: access tokens of one's own authorization server; `google`: Google ID tokens; `iap`: what IAP adds to a request. */
  verifier: 'jwt' | 'google' | 'iap'
  issuers: readonly IssuerSettings[]
  /** Whom a token must be for: one of these. */
  audiences: readonly string[]
  /** What the gateway's own scopes are called in tokens; null: the rows alone decide. */
  scopes: Readonly<Record<Scope, string | null>>
  groupsClaim: string
  callers: readonly CallerRow[]
  /** What becomes of somebody whom no row is about. */
  unmapped: 'refuse' | 'use'
}

/** What the gateway says of itself to those who want to log in. */
export interface ResourceSettings {
  /** Where it is reached from outside, without a trailing slash; null: by the host that a request names. */
  publicUrl: string | null
  /** Where clients log in; empty where they cannot, since something before the gateway sees to it. */
  authorizationServers: readonly string[]
  /** Scopes that a token may have here, least first. */
  scopes: readonly string[]
  /** Where a request shows its token: as a bearer token, or in a header that IAP alone can set. */
  tokenIn: 'authorization' | 'x-goog-iap-jwt-assertion'
}

export interface StructuredSettings {
  /** Times that an answer which is not in the format asked for is sent back to its model, for each choice; 0: never. */
  maxRepairs: number
}

/** Where /metrics is served, apart from what callers reach. */
export interface MetricsSettings {
  host: string
  port: number
}

export interface LedgerSettings {
  /** Receipts older than this are deleted; 0 keeps them for ever. */
  retentionDays: number
  /** What becomes of new requests while the database is away. */
  whenAway: 'refuse' | 'journal'
  /** Receipts that wait on disk for the database; at this size new requests are refused. */
  journalMaxBytes: number
}

/** A PostgreSQL server. */
export interface DatabaseSettings {
  /** Name, address or, from `/` on, the folder of its socket. */
  host: string
  port: number
  database: string
  user: string | undefined
  password: SecretText | undefined
  tls: TlsSettings | null
  applicationName: string
  connectTimeoutMs: number
  /** Connections of this process, those of reports among them. */
  poolMax: number
}

/** A Redis server, or the nodes of a cluster that tell where the others are. */
export interface RedisSettings {
  nodes: readonly { host: string; port: number }[]
  isCluster: boolean
  /** Number of the database; 0 in a cluster. */
  database: number
  user: string | undefined
  password: SecretText | undefined
  tls: TlsSettings | null
  /** What every key begins with. */
  prefix: string
  /** Longest that a request waits for an answer of it. */
  answerMs: number
  /** While Redis is away each instance lets this share of a limit through: above 0, up to 1. */
  awayShare: number
}

/** How a TLS connection is made sure of. */
export interface TlsSettings {
  /** Whether the server's certificate is checked not at all, against the authorities, or against its name too. */
  check: 'nothing' | 'authority' | 'authority and name'
  /** Certificate authorities, PEM; unset: those that the machine trusts. */
  ca?: string | undefined
  /** Our own certificate and its key, PEM. */
  cert?: string | undefined
  key?: SecretText | undefined
}

export interface LogSettings {
  level: 'debug' | 'info' | 'warn' | 'error'
  /** `auto`: lines for people on a terminal, JSON otherwise. `cloud`: JSON with the fields that Cloud Logging reads. */
  format: 'auto' | 'json' | 'cloud' | 'pretty'
  /** Opt-in: prompts and answers in the log. */
  content: boolean
  /** Which HTTP requests have a line of their own beside that of their answer; probes never. */
  requests: 'off' | 'failed' | 'all'
}

export const ownLogs = ['audit', 'receipts'] as const
/** What may have a log of its own, beside the one of everything. */
export type OwnLog = (typeof ownLogs)[number]

/** Logs of their own in Google's Cloud Logging. */
export interface OwnLogsSettings {
  /** Administrative actions are lines of the log `audit` on stdout. */
  auditLines: boolean
  /** Which are written by the Logging API, and waited for. */
  byApi: readonly OwnLog[]
  /** Where a stand-in for the Logging API listens; null: Google's own. */
  endpoint: string | null
  /** Longest that an answer waits for its entry. */
  timeoutMs: number
  /** How long nothing is asked of an API that has just failed. */
  restMs: number
  /** Entries that may wait for the API; more are only lines. */
  maxWaiting: number
}

/** Where the process runs, in Google's words; null: not known, or not there. */
export interface Place {
  project: string | null
  region: string | null
  /** Cloud Run's. */
  service: string | null
  revision: string | null
  configuration: string | null
}

/** What the environment says of the place. */
export interface PlaceSettings extends Place {
  /** Host, with a port where it has one, of the metadata server that knows the rest; null: nobody is asked. */
  metadataHost: string | null
}

export const nearModes = ['on', 'shadow', 'off'] as const
/** `shadow`: looked for, judged and counted, but not given to anybody. */
export type NearMode = (typeof nearModes)[number]

/** When the answer to one question serves another. */
export interface NearSettings {
  mode: NearMode
  /** Share of wrong answers among those given, at most: 0…1. */
  maxFalseHitRate: number
  /** The same for one kind of work, where it differs. */
  byClass: Readonly<Partial<Record<Task, number>>>
  /** Kinds of work for which it is looked at all. */
  classes: readonly Task[]
  /** Where set, the plain rule: whatever is so near by cosine serves, right or not. */
  similarityThreshold: number | null
  /** Longest that a request waits for it. */
  deadlineMs: number
  canary: {
    /** Share of the near answers that are compared with one that is made for it. */
    share: number
    /** What that may cost in a day (UTC); 0: none are. */
    budgetNanoUsdPerDay: NanoUsd
  }
}
