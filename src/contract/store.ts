import type { Finish, Usage, Warning } from './chat.ts'
import type { Caller, KeyRecord } from './caller.ts'
import type { Json } from './json.ts'
import type { NanoUsd } from './money.ts'
import type { Content } from './operation.ts'
import type { Task, TaskGuess } from './plan.ts'
import type { Outcome, Receipt } from './receipt.ts'

/** What DATA_DIR says where nothing is to be kept: every port is in memory, and ends with the process. */
export const inMemory = ':memory:'

/**
 * The ledger's rows. `append` resolves when the row is durable, and answers wait for it; a receipt that is there already is
 * not written twice. It throws GatewayError ledger_unavailable, the others store_unavailable.
 */
export interface Receipts {
  append(receipt: Receipt): Promise<void>
  find(id: string): Promise<Receipt | null>
  usage(query: UsageQuery): Promise<UsageReport>
  /** The last ones, newest first; simulated ones among them. */
  recent(query: RecentQuery): Promise<readonly ReceiptLine[]>
  /** Deletes rows received before `beforeMs`; returns how many. */
  prune(beforeMs: number): Promise<number>
}

export const usageGroupings = [
  'provider',
  'model',
  'task',
  'operation',
  'day',
  'hour',
  'caller',
  'user',
  'tag',
  'cache',
] as const
export type UsageGrouping = (typeof usageGroupings)[number]

export interface UsageQuery {
  /** Only this caller's rows; null: everybody's. */
  callerId: string | null
  /** Only rows that were marked with this `user`; unset: all. */
  user?: string | undefined
  /** Receipts received from here … */
  fromMs: number
  /** … until before here. */
  untilMs: number
  groupBy: UsageGrouping
  /** The field of the metadata that `tag` groups by. */
  tag?: string | undefined
  /** Simulated rows are summed apart: false reads real ones only, true simulated ones only. */
  simulated: boolean
}

export interface UsageRow {
  /** The provider, model, UTC day (YYYY-MM-DD) or hour (…THH:00Z), caller's id and name, …; `(none)` for receipts without one. */
  group: string
  requests: number
  /** Answered from the cache or by another's running call. */
  cacheHits: number
  failures: number
  /** The caller left before the end. */
  abandoned: number
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  reasoningTokens: number
  costNanoUsd: NanoUsd
  savedNanoUsd: NanoUsd
  /** Requests that used something whose price is unknown: their cost is not in the sum. */
  unpricedRequests: number
  /** Requests whose usage is our own estimate. */
  estimatedRequests: number
  averageMs: number
}

export interface UsageReport {
  total: UsageRow
  rows: readonly UsageRow[]
  outcomes: Readonly<Partial<Record<Outcome, number>>>
}

export interface RecentQuery {
  /** Only this caller's; null: everybody's. */
  callerId: string | null
  /** Only those before this one in the list; null: from the newest on. */
  after: ReceiptPlace | null
  limit: number
}

/** Where a receipt stands in a list, newest first: by time, and of one millisecond by id, the greater first. */
export interface ReceiptPlace {
  receivedAtMs: number
  id: string
}

/** A receipt in one line of a list. */
export interface ReceiptLine extends Pick<
  Receipt,
  | 'id'
  | 'receivedAtMs'
  | 'caller'
  | 'face'
  | 'operation'
  | 'traceId'
  | 'requestedModel'
  | 'served'
  | 'cache'
  | 'costNanoUsd'
  | 'savedNanoUsd'
  | 'outcome'
  | 'errorCode'
  | 'simulated'
> {
  task: Task | null
  /** How many attempts at providers it took. */
  tries: number
  inputTokens: number | null
  outputTokens: number | null
  firstTokenMs: number | null
  totalMs: number
}

/** Gateway keys. */
export interface Directory {
  keys(): Promise<readonly KeyRecord[]>
  /** The key of a secret's SHA-256, revoked or not. Asked at every request, so it takes no longer among many keys. */
  find(sha256: string): Promise<KeyRecord | null>
  create(key: KeyRecord): Promise<void>
  /** False when there is no such key or it is revoked already. */
  revoke(id: string, atMs: number): Promise<boolean>
}

export const auditActions = [
  'key.create',
  'key.revoke',
  'cache.remove',
  'cache.advance',
  'cache.curate',
  'cache.uncurate',
  'cache.policy',
] as const
export type AuditAction = (typeof auditActions)[number]

/** What somebody who may did to the gateway itself. Never a secret: what is told of keys is their ids and names. */
export interface AuditEntry {
  id: string
  atMs: number
  actor: Pick<Caller, 'id' | 'name'>
  action: AuditAction
  /** Id of what it was done to; null for everything of its kind. */
  target: string | null
  outcome: 'done' | 'refused' | 'failed'
  /** What else is worth knowing, in words and numbers. */
  detail: Readonly<Record<string, string>>
}

/** Where an entry stands in the list, newest first: by time, and of one millisecond by id, the greater first. */
export type AuditPlace = Pick<AuditEntry, 'id' | 'atMs'>

/** The record of such actions. It is only ever added to. */
export interface Audit {
  append(entry: AuditEntry): Promise<void>
  /** The last ones, newest first; `after`: only those behind this one in the list. */
  recent(query: { after: AuditPlace | null; limit: number }): Promise<readonly AuditEntry[]>
}

/** Does an action and writes down who did what, and how it ended. The action's own error is thrown on. */
export type Audited = <Result>(
  act: Pick<AuditEntry, 'actor' | 'action' | 'target'> & { detail?: AuditEntry['detail'] },
  work: () => Promise<Result>,
  /** What is known only once it is done. */
  learned?: (result: Result) => Partial<Pick<AuditEntry, 'target' | 'detail' | 'outcome'>>,
) => Promise<Result>

/** One small value that outlives the process. Whoever reads it checks it: a person may have written it. */
export interface Note {
  /** As it was last written; null where it was not, or cannot be read. */
  read(): Promise<Json | null>
  /** Resolves once it, or one that was written after it, is kept whole. */
  write(value: Json): Promise<void>
}

/** What the ledger's store has to say of itself. */
export interface LedgerState {
  /** Why the gateway should get no traffic now; empty when all is well. */
  faults(): readonly string[]
  /** @throws GatewayError ledger_unavailable where a request that is paid for could not be written down */
  assertWritable(): void
}

/** Moments until which something is left alone, as all instances together know them. */
export interface Rests {
  /** Leaves it alone until then, or longer where that is known already. Others hear of it soon, if they can. */
  rest(key: string, untilMs: number): void
  /** Until when, as far as is known here: what others have found is asked for meanwhile. 0 where nobody said. */
  untilMs(key: string): number
}

/** Weighed hits in a sliding window, a log for each key. */
export interface Counters {
  /** Counts a hit unless the window would then weigh more than `max`. What weighs nothing is always let through, and only looks. */
  hit(query: CounterHit): Promise<CounterVerdict>
  /**
   * Changes what was counted at a moment, once it is known better: by -1 a hit of weight 1 is as if it never was. Nothing
   * weighs less than nothing. False where nothing of that moment is counted, or not any more.
   */
  settle(query: { key: string; atMs: number; change: number }): Promise<boolean>
}

export interface CounterHit {
  key: string
  nowMs: number
  /**
   * When it counts as made: not before `nowMs`, and less than a window after it. Who rounds up to a grain keeps one number
   * for all hits of a grain, and nothing leaves the window too early. @default nowMs
   */
  atMs?: number
  windowMs: number
  max: number
  /** @default 1 */
  weight?: number
}

/** `remaining`: what may be added now. `resetMs`: until the oldest leaves the window, and more may be. */
export type CounterVerdict =
  | { allowed: true; remaining: number; resetMs: number }
  /** `retryAfterMs`: until this hit would be counted; the whole window for one that weighs more than `max`. */
  | { allowed: false; remaining: number; resetMs: number; retryAfterMs: number }

/** An answer as it is remembered: complete, and enough to be streamed or folded again. */
export interface CachedAnswer<Event extends Content = Content> {
  events: readonly Event[]
  finishes: readonly Finish[]
  usage: Usage
  warnings: readonly Warning[]
  provider: string
  model: string
  answeredModel: string
  task: TaskGuess | null
  /** What it cost when it was made; null when unknown. */
  costNanoUsd: NanoUsd | null
  /** How long it took to make, from the request to its end; unset where nobody measured. */
  madeInMs?: number | undefined
  simulated: boolean
}

/** The question of an entry, as later ones are compared with it. */
export interface NearQuestion {
  /** Everything of the request but this text, whom it is for, and whose vectors these are: only within it is compared. */
  partition: string
  /** The last text of the user, as he wrote it. */
  text: string
  /** Of length 1. */
  vector: Float32Array
}

export interface CacheEntry<Event extends Content = Content> {
  /** `ent_…`: what a hit shows, and what feedback and removal name. */
  id: string
  /** Of the whole request. */
  key: string
  /** Of the request with its last text brought into canonical form; null where such a match may not serve. */
  canonicalKey: string | null
  /** Who may read it. */
  scope: string
  /** Whose call made it: charged against his share of the store. */
  ownerId: string
  /** By which entries are forgotten: `model:…`, `provider:…`, `task:…` and the caller's own. */
  tags: readonly string[]
  createdAtMs: number
  /** Fresh until here … */
  expiresAtMs: number
  /** … and given until here to an exact match, while a call renews it. Never before `expiresAtMs`. */
  staleUntilMs: number
  /** Null where only exact and canonical matches may serve. */
  near: NearQuestion | null
  answer: CachedAnswer<Event>
  /** Size charged against the bound. */
  bytes: number
}

/** Which entries are to be forgotten: those that meet all of what is said. */
export interface Removal {
  /** Null: everybody's. */
  scope: string | null
  ids?: readonly string[] | undefined
  tag?: string | undefined
  /** Only what was made before; unset: whenever it was. */
  madeBeforeMs?: number | undefined
  /** Only counts. */
  dryRun: boolean
}

/** What an index over the entries' questions must hear of. */
export type EntryChange =
  | { kind: 'added'; id: string; near: NearQuestion }
  /** Forgotten, expired or crowded out. */
  | { kind: 'removed'; id: string }

/** Remembered answers, bounded by bytes. What is past its life is not found. */
export interface Entries {
  /** The entry of the very same request. */
  find(key: string): Promise<CacheEntry | null>
  /** The last one whose request was the same but for the form of its last text. */
  findCanonical(canonicalKey: string): Promise<CacheEntry | null>
  /** By their ids; those that are gone are left out. */
  read(ids: readonly string[]): Promise<readonly CacheEntry[]>
  /**
   * An entry of the same key is replaced.
   * @param lease under which the answer was made: where it is not the key's newest any more, nothing is kept
   */
  set(entry: CacheEntry, lease?: Lease | null): Promise<void>
  stats(scope: string | null): Promise<{ entries: number; bytes: number; maxBytes: number }>
  /** Returns how many were deleted, or would be. */
  remove(query: Removal): Promise<number>
  /** A part of every key of this scope (null: of every key), and a greater one from each `advance` on. */
  epoch(scope: string | null): Promise<number>
  /**
   * Makes all that a scope (null: everybody) has kept unreachable, in one step however much it is.
   * @param to the epoch that holds from now on, unless a greater one does; unset: the next one
   * @returns the epoch that it is in now
   */
  advance(scope: string | null, to?: number): Promise<number>
  /** Whether any question is compared with. Known early: a store that is still finding out what it holds stops at the first. */
  hasQuestions(): Promise<boolean>
  /** Of every entry whose question is compared with, as it stands: for an index that begins. */
  questionIds(): Promise<readonly string[]>
  /** These questions, without those that are gone. Of an id the question never changes. */
  questions(ids: readonly string[]): Promise<readonly { id: string; near: NearQuestion }[]>
  /** Tells of each change from now on; the returned function ends it. */
  follow(listener: (change: EntryChange) => void): () => void
}

/** What came of asking and telling the tier that all instances share, since the process began. */
export interface SharedCounts {
  hits: number
  misses: number
  /** It did not answer, or not in time. */
  failedLooks: number
  kept: number
  /** It had no room. */
  declined: number
  /** Another instance had the lease by then. */
  overtaken: number
  /** It was away, and too much was waiting for it. */
  lost: number
}

/** The right to make the answer of a key, which others wait for meanwhile. */
export interface Lease {
  key: string
  /** Greater than that of every lease of this key before. */
  fence: number
}

export type LeaseVerdict =
  | { state: 'held'; lease: Lease }
  /** Another makes the answer; what he makes will be among the entries. `forMs`: until his lease ends unless he renews it. */
  | { state: 'taken'; forMs: number }
  /** There is nothing to wait for: what the last one made was not kept. */
  | { state: 'alone' }
  /** Nobody can say who makes what. `isNew`: a moment ago somebody could. */
  | { state: 'unknown'; isNew: boolean }

/** Who makes which answer, so that one does for all. Never throws: whoever gets no lease does without. */
export interface Leases {
  /** Takes the lease of a key for so long, unless another holds it. */
  acquire(key: string, ttlMs: number): Promise<LeaseVerdict>
  /** False once it is lost: it ended, and perhaps another has it. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>
  /** Gives it back. `kept`: whether the answer is among the entries; those who wait for it go alone where it is not. */
  release(lease: Lease, kept: boolean): Promise<void>
}

/**
 * What became of waiting for another's lease: his answer came; it was free again without one; there was nothing to wait for
 * any more, so that both call; nobody wanted the answer any more.
 */
export type WaitEnding = 'answered' | 'free' | 'alone' | 'left'
