import type { Task } from '../../contract/plan.ts'

/**
 * Words that give a task away, where the request says what it wants. `weight` is evidence in nats: what the cue adds to
 * the log-odds of its task. Patterns repeat nothing without a bound that could overlap with what follows, so that their
 * time is linear in the text.
 */
export interface Cue {
  task: Task
  weight: number
  /** What was seen, for people. */
  signal: string
  pattern: Pattern
}

interface Pattern {
  test(text: string): boolean
}

export const cue = (task: Task, weight: number, signal: string, pattern: Pattern): Cue => ({
  task,
  weight,
  signal,
  pattern,
})

/** Whole words of languages that put spaces between them. */
export const words = (alternatives: string): Pattern => {
  const exact = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${alternatives})(?![\\p{L}\\p{N}_])`, 'u')
  if (!isAscii(alternatives)) return exact
  // Unicode's letters are slow to look up, so that most texts are let go by ASCII's, which miss nothing of such words.
  const likely = new RegExp(`\\b(?:${alternatives})\\b`, 'u')
  return { test: (text) => likely.test(text) && exact.test(text) }
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** Beginnings of words, for languages that inflect their ends. */
export const stems = (alternatives: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})`, 'u')

/** At the beginning of a line. */
export const opening = (alternatives: string): RegExp => new RegExp(`^[ "'*#>-]{0,4}(?:${alternatives})`, 'mu')
