import { hash } from 'node:crypto'
import type { FindNeighbours, ScorePairs } from '../../contract/near.ts'
import type { EmbedderFacts, Perceive, SkipReason } from '../../contract/perception.ts'
import type { Task } from '../../contract/plan.ts'
import type { Clock } from '../../contract/runtime.ts'
import type { NearMode, NearSettings } from '../../contract/settings.ts'
import type { CacheEntry, CachedAnswer, Entries, NearQuestion } from '../../contract/store.ts'
import { canonicalText } from '../canonical.ts'
import { compareTexts, textOf } from './agree.ts'
import type { NearRefusal } from './eligible.ts'
import { createJudge } from './judge.ts'
import type { Candidate, Judged } from './judge.ts'
import type { NearPolicy } from './policy.ts'
import type { VerifierForm } from '../verify/thresholds.ts'
import type { Verifier, Veto } from './verifier.ts'

/** A request as a question that may have been asked in other words. */
export interface NearAsked {
  text: string
  task: Task
  /** Why it may not be answered with another's answer; null where it may. */
  refusal: NearRefusal | null
  /** Everything of the request but the text, with an embedder's vectors. */
  partitionOf(embedder: string): string
  fits(answer: CachedAnswer): boolean
}

/** How long a request may wait, and until when. */
export interface Waiting {
  withinMs: number
  signal: AbortSignal
}

/** Why no near answer serves. */
export type NearMiss =
  | NearRefusal
  | SkipReason
  /** The near tier is off. */
  | 'off'
  /** Another kind of work than those that the operator allows. */
  | 'class'
  /** The embedder found more pieces than it compares well. */
  | 'too_long'
  | 'unknown_words'
  | 'no_neighbours'
  | 'vetoed'
  | 'unsure'
  /** Two that would serve have different answers. */
  | 'ambiguous'
  /** It would have served. */
  | 'shadow'
  /** No threshold is known for this embedder and this bound. */
  | 'uncalibrated'

/** Everything that was seen of a question and its neighbours. */
export interface Examination {
  /** Null: the best one serves. */
  miss: NearMiss | null
  mode: NearMode
  maxFalseHitRate: number
  /** As it would be stored; null where it was not perceived, or may not be compared. */
  question: NearQuestion | null
  /** The likeliest first, the vetoed last. */
  judged: readonly Judged[]
  /** The one that serves, or would have. */
  best: Judged | null
  /** What its probability is held against; null where nothing was judged, or no threshold is known. */
  threshold: number | null
  form: VerifierForm | 'cosine'
}

export interface NearTier {
  /** Never throws but the signal's reason. `may`: whether an entry may be read by who asks. */
  examine(asked: NearAsked, may: (entry: CacheEntry) => boolean, waiting: Waiting): Promise<Examination>
  /** What is stored of a question for later ones to be compared with; null where it may not be. */
  questionFor(asked: NearAsked, signal: AbortSignal): Promise<NearQuestion | null>
  /** Thresholds for what an operator is shown. */
  thresholdFor(form: VerifierForm, maxFalseHitRate: number): number | null
}

export interface NearParts {
  entries: Pick<Entries, 'read'>
  perceive: Perceive
  /** The embedder that perceives; null while there is none. */
  embedder: () => Promise<EmbedderFacts | null>
  findNeighbours: FindNeighbours
  scorePairs: ScorePairs | null
  verifier: Verifier
  policy: NearPolicy
  settings: Pick<NearSettings, 'deadlineMs' | 'similarityThreshold'>
  clock: Clock
}

/** Neighbours below this are other questions; lower ones would only be judged in vain. */
const minCosine = 0.7
const maxNeighbours = 8
/** Pieces of words that the embedder compares well, and that the second model reads of one text. */
const maxPieces = 128
const maxPairPieces = 64
/** The loosest bound that is counted for operators. */
const loosestRate = 0.05

export const createNearTier = (parts: NearParts): NearTier => {
  const { entries, perceive, embedder, findNeighbours, verifier, policy, settings, clock } = parts
  const judge = createJudge(parts)

  const perceiveQuestion = async (asked: NearAsked, withinMs: number, signal: AbortSignal) => {
    const seen = await perceive(asked.text, withinMs, signal)
    if (seen.kind === 'skipped') return { kind: 'missed', miss: seen.reason } as const
    if (seen.truncated || seen.tokens > maxPieces) return { kind: 'missed', miss: 'too_long' } as const
    if (seen.unknown > 0) return { kind: 'missed', miss: 'unknown_words' } as const
    // It has just answered, so that this does not wait for it to load.
    const facts = await embedder()
    if (facts === null) return { kind: 'missed', miss: 'no-embedder' } as const
    const question: NearQuestion = {
      partition: asked.partitionOf(facts.fingerprint),
      text: asked.text,
      vector: seen.vector,
    }
    return { kind: 'perceived', question, facts, isShort: seen.tokens <= maxPairPieces } as const
  }

  const candidatesAmong = async (
    neighbours: readonly { id: string; cosine: number }[],
    asked: NearAsked,
    may: (entry: CacheEntry) => boolean,
  ): Promise<readonly Candidate[]> => {
    const found = new Map((await entries.read(neighbours.map(({ id }) => id))).map((entry) => [entry.id, entry]))
    return neighbours.flatMap(({ id, cosine }) => {
      const entry = found.get(id)
      if (!entry?.near || !may(entry) || entry.expiresAtMs <= clock.now() || !asked.fits(entry.answer)) return []
      return [{ entry: { ...entry, near: entry.near }, cosine }]
    })
  }

  const examine: NearTier['examine'] = async (asked, may, { withinMs, signal }) => {
    const { mode, maxFalseHitRate } = policy.of(asked.task)
    const nothing = nothingSeen({ mode, maxFalseHitRate })
    const refusal = mode === 'off' ? 'off' : (asked.refusal ?? (policy.classes.has(asked.task) ? null : 'class'))
    if (refusal !== null) return { ...nothing, miss: refusal }

    const untilMs = performance.now() + Math.min(settings.deadlineMs, withinMs)
    const leftMs = (): number => Math.max(0, untilMs - performance.now())
    const perceived = await perceiveQuestion(asked, leftMs(), signal)
    if (perceived.kind === 'missed') return { ...nothing, miss: perceived.miss }
    const { question, facts, isShort } = perceived
    const seen = { ...nothing, question }

    const { partition, vector } = question
    const found = await findNeighbours({ partition, vector, count: maxNeighbours, minCosine }, leftMs(), signal)
    if (found.kind === 'skipped') return { ...seen, miss: found.reason }
    const candidates = await candidatesAmong(found.neighbours, asked, may)
    if (candidates.length === 0) return { ...seen, miss: 'no_neighbours' }
    if (settings.similarityThreshold !== null) return byCosine(seen, candidates, settings.similarityThreshold)

    const enoughP = verifier.thresholdFor('joined', maxFalseHitRate)
    const judged = await judge({
      asked: asked.text,
      candidates,
      refuse: refuseBanned(markOf(question)),
      isShort,
      lowestP: Math.min(verifier.thresholdFor('joined', loosestRate) ?? 0, enoughP ?? 0),
      enoughP,
      leftMs,
      signal,
    })
    const [best = null] = judged.filter(({ p }) => p !== null)
    if (!best || best.p === null) return { ...seen, judged, miss: 'vetoed' }
    const { form } = best
    const threshold = verifier.thresholdFor(form, maxFalseHitRate)
    const known = { ...seen, judged, best, threshold, form }
    // Words alone would have had to decide, because the model that reads both texts did not answer in time.
    if (threshold === null && best.unread !== null) return { ...known, miss: best.unread }
    if (threshold === null || !verifier.isCalibratedFor(facts)) return { ...known, miss: 'uncalibrated' }
    if (best.p < threshold) return { ...known, miss: 'unsure' }
    if (isAmbiguous(best, judged, threshold)) {
      const stricter = verifier.thresholdFor(form, maxFalseHitRate / 2)
      if (stricter === null || best.p < stricter) return { ...known, threshold: stricter, miss: 'ambiguous' }
    }
    return { ...known, miss: mode === 'on' ? null : 'shadow' }
  }

  return {
    examine: async (asked, may, waiting) => {
      try {
        return await examine(asked, may, waiting)
      } catch {
        waiting.signal.throwIfAborted()
        return { ...nothingSeen(policy.of(asked.task)), miss: 'failed' }
      }
    },
    questionFor: async (asked, signal) => {
      const isOpen = policy.of(asked.task).mode !== 'off' && policy.classes.has(asked.task)
      if (asked.refusal !== null || !isOpen) return null
      const perceived = await perceiveQuestion(asked, settings.deadlineMs, signal)
      return perceived.kind === 'perceived' ? perceived.question : null
    },
    thresholdFor: verifier.thresholdFor,
  }
}

/** Before anything was looked at. */
const nothingSeen = (rule: Pick<Examination, 'mode' | 'maxFalseHitRate'>): Omit<Examination, 'miss'> => ({
  ...rule,
  question: null,
  judged: [],
  best: null,
  threshold: null,
  form: 'trees',
})

/** The plain rule: the nearest serves if it is near enough, whatever it says. */
const byCosine = (
  seen: Omit<Examination, 'miss'>,
  candidates: readonly Candidate[],
  threshold: number,
): Examination => {
  const judged = candidates.map((candidate): Judged => ({
    ...candidate,
    vetoes: [],
    p: null,
    form: 'trees',
    unread: null,
  }))
  const [best = null] = judged
  const served = best !== null && best.cosine >= threshold
  const miss = served ? (seen.mode === 'on' ? null : 'shadow') : 'unsure'
  return { ...seen, judged, best, threshold, form: 'cosine', miss }
}

/** Another one that would serve too says something else. */
const isAmbiguous = (best: Judged, judged: readonly Judged[], threshold: number): boolean =>
  judged.some(
    ({ entry, p }) =>
      entry.id !== best.entry.id &&
      p !== null &&
      p >= threshold &&
      compareTexts(textOf(entry.answer), textOf(best.entry.answer)) === 'differ',
  )

const banned = 'not:'

/** Names a question among those of its partition, without telling what it is. */
export const markOf = ({ partition, text }: Pick<NearQuestion, 'partition' | 'text'>): string =>
  hash('sha256', JSON.stringify([partition, canonicalText(text)]), 'hex').slice(0, 32)

/** Callers said that this entry does not answer this question; the entry carries it as a tag, and so as long as it lives. */
export const banTag = (mark: string): string => banned + mark

export const bansOf = ({ tags }: Pick<CacheEntry, 'tags'>): readonly string[] =>
  tags.filter((tag) => tag.startsWith(banned))

const refuseBanned =
  (mark: string) =>
  ({ entry }: Candidate): Veto | null =>
    entry.tags.includes(banTag(mark))
      ? { guard: 'feedback', reason: 'a caller said that this answer is wrong here' }
      : null
