import { RE2JS } from 're2js'

/** Instructions of a pattern's program that one character may run through, for one step of the meter. */
const instructionsPerStep = 16

/** What Ajv wants of a regular expression. */
interface Pattern {
  test(text: string): boolean
  /** Tells patterns apart: Ajv takes two of the same name for one. */
  toString(): string
}

/**
 * A pattern in time linear in the text, whatever the pattern: RE2's automata never backtrack. `spend` is told what a
 * test takes at worst. RE2 has no lookahead, lookbehind and back-references, which is what makes it linear.
 * @throws Error for what is no regular expression, or none that RE2 has
 */
export const compilePattern = (source: string, spend: (steps: number) => void): Pattern => {
  const program = RE2JS.compile(RE2JS.translateRegExp(source))
  const stepsPerUnit = program.programSize() / instructionsPerStep
  return {
    test: (text) => {
      spend(Math.ceil(text.length * stepsPerUnit))
      return program.test(text)
    },
    toString: () => source,
  }
}

/** How large a pattern's program can get: RE2 unrolls counted repetitions, and bounds nested ones to 1,000 together. */
export const longestPattern = (source: string): number => {
  const counts = Array.from(source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g), ([, least, most]) =>
    Math.max(Number(least), Number(most ?? 0)),
  )
  return source.length * Math.max(1, ...counts)
}
