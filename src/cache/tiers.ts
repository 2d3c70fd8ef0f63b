import type { Content } from '../contract/operation.ts'
import type { CacheTier } from '../contract/receipt.ts'
import type { Clock } from '../contract/runtime.ts'
import type { CacheEntry, Entries } from '../contract/store.ts'
import type { AnswerKind, AskedQuestion } from './kind.ts'
import type { NearCounts } from './near/counts.ts'
import type { NearMemory } from './near/memory.ts'
import { markOf } from './near/near.ts'
import type { Examination, Waiting } from './near/near.ts'

/** A remembered answer that may be given. */
export interface Hit<Event extends Content> {
  state: 'hit'
  tier: CacheTier
  entry: CacheEntry<Event>
  ageMs: number
  /** How likely the answer is right, and the cosine of both questions; null but for `near`. */
  p: number | null
  similarity: number | null
  /** Names the question that was asked; null but for `near`. */
  question: string | null
  /** Past its life: a call is to renew it. Only of the very same request. */
  isStale: boolean
  /** Chosen by an administrator for everybody. */
  isCurated: boolean
}

/** What is asked of memory. */
export interface Sought<Event extends Content> {
  kind: Pick<AnswerKind<never, Event>, 'holds'>
  scope: string
  maxAgeMs: number
}

/** The entry of the very same request. */
export const createExactTier =
  ({ entries, clock }: { entries: Pick<Entries, 'find'>; clock: Clock }) =>
  async <Event extends Content>(key: string, sought: Sought<Event>): Promise<Hit<Event> | null> =>
    give(await entries.find(key), 'exact', sought, clock)

/** The entry of a request that differs in nothing but the form of its last text. */
export const createCanonicalTier =
  ({ entries, clock }: { entries: Pick<Entries, 'findCanonical'>; clock: Clock }) =>
  async <Event extends Content>(question: AskedQuestion, sought: Sought<Event>): Promise<Hit<Event> | null> => {
    if (question.canonicalKey === null) return null
    const hit = give(await entries.findCanonical(question.canonicalKey), 'canonical', sought, clock)
    return hit && question.fits(hit.entry.answer) ? hit : null
  }

/** The entry of a request that differs in nothing but the words of the same question, and what was seen on the way. */
export const createNearTierOf =
  ({ near, clock }: { near: NearMemory | null; clock: Clock }) =>
  async <Event extends Content>(
    question: AskedQuestion,
    sought: Sought<Event>,
    { waiting, counts }: { waiting: Waiting; counts: NearCounts },
  ): Promise<{ hit: Hit<Event> | null; examination: Examination } | null> => {
    if (!near || !question.near) return null
    const may = (entry: CacheEntry): boolean => give(entry, 'near', sought, clock) !== null
    const examination = await near.look(question.near, may, waiting, counts)
    const { miss, best, question: asked } = examination
    if (miss !== null || !best || !asked) return { hit: null, examination }
    const given = give(best.entry, 'near', sought, clock)
    const hit = given && { ...given, p: best.p, similarity: best.cosine, question: markOf(asked) }
    return { hit, examination }
  }

/** An entry, if it may be given to who asks. */
const give = <Event extends Content>(
  found: CacheEntry | null,
  tier: CacheTier,
  { kind, scope, maxAgeMs }: Sought<Event>,
  clock: Clock,
): Hit<Event> | null => {
  if (!found || found.scope !== scope || !kind.holds(found.answer)) return null
  const ageMs = Math.max(0, clock.now() - found.createdAtMs)
  // As RFC 9111: fresh while the age is below max-age, so that 0 takes nothing.
  if (ageMs >= maxAgeMs) return null
  const isStale = clock.now() >= found.expiresAtMs
  if (isStale && tier !== 'exact') return null
  const entry = { ...found, answer: found.answer }
  return { state: 'hit', tier, entry, ageMs, p: null, similarity: null, question: null, isStale, isCurated: false }
}
