import { isDeepStrictEqual } from 'node:util'
import { differences } from './differences.ts'
import type { Aspect, Difference } from './differences.ts'
import type { Heard, Pair } from './replay.ts'

/** A pair of readings, compared. */
export interface Comparison extends Pair {
  differing: readonly Aspect[]
  /** The known differences that the recording shows. */
  known: readonly Difference[]
  /** It differs in just the ways that are known. */
  isExplained: boolean
}

export const compare = (pair: Pair): Comparison => {
  const known = differences.filter(({ oracles, has }) => oracles.includes(pair.oracle.name) && has(pair.recording))
  const shown = new Set(known.flatMap(({ aspects }) => aspects))
  // Of a reply that one of them did not understand, nothing else can be compared.
  const expected = shown.has('answer') ? new Set<Aspect>(['answer']) : shown
  const differing = differingIn(pair.ours, pair.theirs)
  return { ...pair, differing, known, isExplained: isDeepStrictEqual(new Set(differing), expected) }
}

const aspects = ['text', 'reasoning', 'tools', 'finish', 'usage'] as const

const differingIn = (ours: Heard, theirs: Heard): Aspect[] => {
  if (ours.kind === 'read' && theirs.kind === 'read')
    return aspects.filter((aspect) => !isDeepStrictEqual(ours.reading[aspect], theirs.reading[aspect]))
  // A recording that nobody understands proves nothing.
  return ours.kind === 'refused' && isDeepStrictEqual(ours, theirs) ? [] : ['answer']
}
