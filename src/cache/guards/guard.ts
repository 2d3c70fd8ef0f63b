import type { Question } from '../reading/question.ts'

/** One reason never to serve the answer to one question for another, however alike the two look. */
export interface Guard {
  name: string
  /** What differs, in words that name only what differs; null where this guard has nothing against it. The same for (b, a). */
  objects(a: Question, b: Question): string | null
}

/** Says what one text has and the other has not: `2019 against 2020`. */
export const against = (one: readonly string[], other: readonly string[]): string =>
  `${one.join(', ') || 'nothing'} against ${other.join(', ') || 'nothing'}`
