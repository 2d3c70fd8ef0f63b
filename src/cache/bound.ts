import { lowerBound, upperBound } from '../lib/clopper-pearson.ts'

/** What comparisons have shown of one kind of work. */
export interface Evidence {
  /** Near answers that were compared with one made for the question, and how many of them were others. */
  compared: number
  differed: number
  /** The bound on wrong answers does not hold: none are given until it is shown to hold again. */
  broken: boolean
}

export const noEvidence: Evidence = { compared: 0, differed: 0, broken: false }

const confidence = 0.95
/** One answer may be told differently by chance. */
const fewestDiffering = 2
/** Older comparisons count less: a gateway's traffic changes. */
const longestMemory = 2_000

/**
 * Adds a comparison. The bound breaks where the share of wrong answers is above it with 95 % confidence; it holds again once
 * what came since shows with the same confidence that the share is below it: for 1 % that takes 299 clean comparisons.
 */
export const addComparison = (evidence: Evidence, differs: boolean, maxFalseHitRate: number): Evidence => {
  const { compared, differed } = fade(evidence)
  const next = { compared: compared + 1, differed: differed + Number(differs) }
  if (evidence.broken) {
    const holds = upperBound(next.differed, next.compared, confidence) <= maxFalseHitRate
    return { ...next, broken: !holds }
  }
  const breaks =
    next.differed >= fewestDiffering && lowerBound(next.differed, next.compared, confidence) > maxFalseHitRate
  return breaks ? { compared: 0, differed: 0, broken: true } : { ...next, broken: false }
}

const fade = ({ compared, differed }: Evidence): { compared: number; differed: number } =>
  compared < longestMemory
    ? { compared, differed }
    : { compared: Math.floor(compared / 2), differed: Math.ceil(differed / 2) }

/** The highest share of wrong answers that the comparisons leave possible, with 95 % confidence; 1 for none. */
export const worstShare = ({ compared, differed }: Evidence): number => upperBound(differed, compared, confidence)
