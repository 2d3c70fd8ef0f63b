import type { ScorePairs } from '../contract/near.ts'
import type { PerceptionFacts } from '../contract/perception.ts'

/** The model that reads two questions at once: either it works here, or why not. */
export type PairReport =
  | { kind: 'ready'; fingerprint: string; pairs: number; medianMs: number }
  | { kind: 'unavailable'; why: string }

const patienceMs = 60_000
const pairs = 40

/** Reads pairs of questions of a dozen words, one after the other, as a request would wait for them. */
export const measurePairModel = async (perception: {
  scorePairs: ScorePairs
  facts: () => Pick<PerceptionFacts, 'pairs'>
}): Promise<PairReport> => {
  const tookMs: number[] = []
  for (let index = 0; index < pairs; index++) {
    const pair = {
      stored: `What is the quickest way to cook ${index} eggs without a pan?`,
      asked: `How do I cook ${index} eggs quickly when I have no pan?`,
    }
    const startedMs = performance.now()
    const outcome = await perception.scorePairs([pair], patienceMs, new AbortController().signal)
    if (outcome.kind === 'skipped') return { kind: 'unavailable', why: whyNot(perception.facts(), outcome.why) }
    tookMs.push(performance.now() - startedMs)
  }
  const facts = perception.facts().pairs
  if (facts?.kind !== 'ready') return { kind: 'unavailable', why: whyNot({ pairs: facts }, 'nothing is known of it') }
  const sorted = tookMs.toSorted((one, other) => one - other)
  return { kind: 'ready', fingerprint: facts.fingerprint, pairs, medianMs: sorted[pairs / 2] ?? 0 }
}

const whyNot = ({ pairs: facts }: Pick<PerceptionFacts, 'pairs'>, otherwise: string): string =>
  facts?.kind === 'unavailable' ? facts.why : otherwise
