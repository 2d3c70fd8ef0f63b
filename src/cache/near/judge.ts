import type { ScorePairs } from '../../contract/near.ts'
import type { SkipReason } from '../../contract/perception.ts'
import type { CacheEntry, NearQuestion } from '../../contract/store.ts'
import { compareTexts, textOf } from './agree.ts'
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
/**
 * Beyond this the second model's word counts as this, so that what it can change is bounded, and who could not be saved by it is not
 * read. It was trained towards log(0.99 / 0.01) = 4.6; the most that it said of 11,763 pairs which it had not learnt was 4.9.
 */
const maxPairLogit = 6

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
  /** Once one that was read reaches this, others are read only where they might contradict it; null: all are. */
  enoughP: number | null
  leftMs: () => number
  signal: AbortSignal
}

/**
 * Walks down the candidates, nearest first: guards, then words, then the model that reads both texts for the best three, one after
 * the other: reading takes longer than all the rest. The likeliest comes first, the vetoed last.
 */
export const createJudge =
  ({ verifier, scorePairs }: JudgeParts) =>
  async (judging: Judging): Promise<readonly Judged[]> => {
    const { candidates, refuse } = judging
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
    const judged = (await readBoth(best, judging)) ?? best.map((one) => byWords(one, null))
    const left = [...hopeful.slice(maxPairs), ...seen.filter(({ wordsLogit }) => wordsLogit === null)]
    return [...judged.toSorted((a, b) => (b.p ?? 0) - (a.p ?? 0)), ...left.map(leaveBehind)]

    function byWords({ wordsLogit, ...one }: Hopeful, unread: SkipReason | null): Judged {
      return { ...one, p: verifier.probability(wordsLogit, null), form: 'trees', unread }
    }

    /**
     * Null where words alone decide, by their own thresholds: the second model is away, or is another than was calibrated, or the
     * question is long. Where it did not answer in time they decide too, and it is said: nobody serves on half a reading, since what
     * is unread may be likelier, or contradict.
     */
    async function readBoth(
      pairs: readonly Hopeful[],
      { isShort, lowestP, enoughP, leftMs, signal }: Judging,
    ): Promise<readonly Judged[] | null> {
      if (!scorePairs || !isShort) return null
      const read: Judged[] = []
      let enough: Judged | null = null
      for (const { wordsLogit, ...one } of pairs) {
        const mostP = verifier.probability(wordsLogit, maxPairLogit)
        if (mostP < lowestP) {
          // Who is not worth reading gets the most that a reading could have given.
          read.push({ ...one, p: mostP, form: 'joined', unread: null })
          continue
        }
        if (enough && !contradicts(one, enough)) {
          read.push(leaveBehind(one))
          continue
        }
        const texts = { stored: one.entry.near.text, asked: judging.asked }
        const scored = await scorePairs([texts], leftMs(), signal)
        if (scored.kind === 'skipped') return pairs.map((pair) => byWords(pair, scored.reason))
        if (!verifier.isCalibratedForPairs(scored.reader)) return null
        const pairLogit = Math.max(-maxPairLogit, Math.min(maxPairLogit, scored.logits[0] ?? -maxPairLogit))
        const judged: Judged = { ...one, p: verifier.probability(wordsLogit, pairLogit), form: 'joined', unread: null }
        read.push(judged)
        if (enoughP !== null && (judged.p ?? 0) >= enoughP) enough ??= judged
      }
      return read
    }
  }

type Hopeful = Omit<Judged, 'p' | 'form' | 'unread'> & { wordsLogit: number }

const leaveBehind = ({ entry, cosine, vetoes }: Pick<Judged, 'entry' | 'cosine' | 'vetoes'>): Judged => ({
  entry,
  cosine,
  vetoes,
  p: null,
  form: 'trees',
  unread: null,
})

/** Its answer says something else than that of one who would serve. */
const contradicts = ({ entry }: Candidate, enough: Judged): boolean =>
  compareTexts(textOf(entry.answer), textOf(enough.entry.answer)) === 'differ'
