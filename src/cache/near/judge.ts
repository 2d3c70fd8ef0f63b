import type { ScorePairs } from '../../contract/near.ts'
import type { SkipReason } from '../../contract/perception.ts'
import type { CacheEntry, NearQuestion } from '../../contract/store.ts'
import type { VerifierForm } from '../verify/thresholds.ts'
import type { Verifier, Veto } from './verifier.ts'

/** An entry whose question lies near the one that is asked. */
export interface Candidate {
  entry: CacheEntry & { near: NearQuestion }
  cosine: number
}

/** A candidate, as far as it was looked at. */
export interface Judged extends Candidate {
  vetoes: readonly Veto[]
  /** Null for the vetoed, and for those that others left behind by words alone. */
  p: number | null
  form: VerifierForm
  /** Why the second model did not read a pair that it was asked about; null where it did, or was not asked. */
  unread: SkipReason | null
}

/** The second model reads as many pairs, each of so many pieces at most. */
const maxPairs = 3
/** Beyond this the second model's word counts as this: so that what it can change is bounded. */
const maxPairLogit = 12

interface JudgeParts {
  verifier: Verifier
  /** Null where there is no second model. */
  scorePairs: ScorePairs | null
}

interface Judging {
  asked: string
  candidates: readonly Candidate[]
  /** Reasons of our own against a candidate: that a caller said no to this very pair. */
  refuse: (candidate: Candidate) => Veto | null
  /** Short enough for the second model. */
  isShort: boolean
  /** Below this nobody counts: the second model is not asked for pairs that cannot reach it. */
  lowestP: number
  leftMs: () => number
  signal: AbortSignal
}

/**
 * Walks down the candidates, nearest first: guards, then words, then the model that reads both texts for the best three.
 * The likeliest comes first, the vetoed last.
 */
export const createJudge =
  ({ verifier, scorePairs }: JudgeParts) =>
  async (judging: Judging): Promise<readonly Judged[]> => {
    const { candidates, refuse, lowestP } = judging
    const asked = verifier.read(judging.asked)
    const seen = candidates.map((candidate) => {
      const stored = verifier.read(candidate.entry.near.text)
      const banned = refuse(candidate)
      const vetoes = [...(banned ? [banned] : []), ...verifier.vetoes(stored, asked)]
      const wordsLogit = vetoes.length > 0 ? null : verifier.scoreWords(stored, asked, candidate.cosine)
      return { ...candidate, vetoes, wordsLogit }
    })
    const hopeful = seen
      .flatMap(({ wordsLogit, ...one }) => (wordsLogit === null ? [] : [{ ...one, wordsLogit }]))
      .toSorted((a, b) => b.wordsLogit - a.wordsLogit)
    const best = hopeful.slice(0, maxPairs)
    const worthwhile = best.filter(({ wordsLogit }) => verifier.probability(wordsLogit, maxPairLogit) >= lowestP)
    const { logits: pairLogits, unread } = await scoreBest(worthwhile, judging)

    const judged = best.map(({ wordsLogit, ...one }): Judged => {
      // Who was not worth reading gets the most that a reading could have given.
      const pairLogit = pairLogits && (pairLogits.get(one.entry.id) ?? maxPairLogit)
      return {
        ...one,
        p: verifier.probability(wordsLogit, pairLogit),
        form: pairLogit === null ? 'trees' : 'joined',
        unread,
      }
    })
    const left = [...hopeful.slice(maxPairs), ...seen.filter(({ wordsLogit }) => wordsLogit === null)]
    return [
      ...judged.toSorted((a, b) => (b.p ?? 0) - (a.p ?? 0)),
      ...left.map(({ wordsLogit: _wordsLogit, ...one }): Judged => ({ ...one, p: null, form: 'trees', unread: null })),
    ]

    /**
     * No logits where the second model is away, does not answer in time, or is another than was calibrated: words alone decide
     * then, by their own thresholds.
     */
    async function scoreBest(
      pairs: readonly Candidate[],
      { isShort, leftMs, signal }: Judging,
    ): Promise<{ logits: ReadonlyMap<string, number> | null; unread: SkipReason | null }> {
      if (!scorePairs || !isShort) return { logits: null, unread: null }
      if (pairs.length === 0) return { logits: new Map(), unread: null }
      const texts = pairs.map(({ entry }) => ({ stored: entry.near.text, asked: judging.asked }))
      const scored = await scorePairs(texts, leftMs(), signal)
      if (scored.kind === 'skipped') return { logits: null, unread: scored.reason }
      if (!verifier.isCalibratedForPairs(scored.reader)) return { logits: null, unread: null }
      const bound = (logit: number): number => Math.max(-maxPairLogit, Math.min(maxPairLogit, logit))
      const logits = new Map(pairs.map(({ entry }, at) => [entry.id, bound(scored.logits[at] ?? -maxPairLogit)]))
      return { logits, unread: null }
    }
  }
