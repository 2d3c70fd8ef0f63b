import { foldWords } from './reading/case.ts'
import { normalizeCharacters } from './reading/characters.ts'
import { expandContraction } from './reading/contractions.ts'
import { withoutPoliteness } from './reading/politeness.ts'
import type { Spoken } from './reading/politeness.ts'

/**
 * The form in which two texts are equal where they differ by nothing but format: case, spaces, typographic characters, contractions,
 * punctuation and politeness. Every letter, digit and sign that can carry meaning stays, and so does the order; there are no synonyms
 * and no words that count for nothing. Where it is not certain that only the format differs, two texts stay two.
 */
export const canonicalText = (text: string): string => {
  const normal = normalizeCharacters(text).trim()
  // Where signs compute, a comma or a bracket may be a sign too.
  const chunks = isFormula(normal) ? formulaChunks(normal) : proseChunks(normal)
  const folded = foldWords(chunks)
  const words = folded.flatMap((word, at) => {
    const isParted = chunks[at]?.isParted ?? false
    return expandContraction(word, folded[at + 1]).map((part, index): Spoken => ({
      text: part,
      isParted: isParted && index === 0,
    }))
  })
  const canonical = withoutPoliteness(words)
    .map((word) => word.text)
    .join(' ')
  return canonical || normal
}

interface Chunk {
  text: string
  /** Whether punctuation or a line break stands before it. */
  isParted: boolean
  startsSentence: boolean
}

/** Signs that compute or belong to code. A plus behind a word (C++) and a hash are parts of names. */
const formulaSigns =
  /[=^<>|\\~_{}[\]`×÷√∑∫±≤≥≠∞]|(?<![\p{L}+])\+|\+(?=[\p{L}\p{N}])|(?<=[\p{N})\s])\*|\*(?=[\p{N}(])|(?<=[\p{N})])\s*\/\s*(?=[\p{N}(])|(?<=\p{L})\(|::|\(\)|\d\s*[a-z]\s*-/u

const isFormula = (text: string): boolean => formulaSigns.test(text)

/** Spaces and the closing question mark are all that goes. */
const formulaChunks = (text: string): readonly Chunk[] => {
  const words = text.replace(/(?<![\d!])[?.!]+$|(?<=[\d!])[?.]+$/u, '').split(/\s+/u)
  let startsSentence = true
  return words
    .filter((word) => word !== '')
    .map((word, at) => {
      const before = words[at - 1] ?? ''
      const chunk = { text: word, isParted: /[.,:;?!]$/u.test(before), startsSentence }
      startsSentence = /[.?!:]$/u.test(word)
      return chunk
    })
    .map((chunk) => ({ ...chunk, text: chunk.text.replace(/(?<=^\p{L}{2,})[,:?]$|(?<=\p{L}{2,})[?]$/u, '') }))
}

const proseChunks = (text: string): readonly Chunk[] => {
  const chunks: Chunk[] = []
  let [isParted, startsSentence] = [false, true]
  for (const written of joinNumbers(text).split(/(\n|\s+)/u)) {
    if (written.includes('\n')) isParted = true
    if (written.trim() === '') continue
    const { before, words, after } = takeApart(written)
    isParted ||= /[,.;:!?…。，？！-]/u.test(before)
    for (const word of words) {
      chunks.push({ text: word, isParted, startsSentence })
      ;[isParted, startsSentence] = [false, false]
    }
    isParted ||= /[,.;:!?…。，？！-]/u.test(after)
    startsSentence ||= /[.!?:;。？！]/u.test(after)
  }
  return chunks
}

/** 1,000 is 1000, 50 % is 50%, $ 5 is $5. */
const joinNumbers = (text: string): string =>
  text
    .replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])/gu, (number) => number.replaceAll(',', ''))
    .replace(/(?<=\d)\s+(?=[%‰°])/gu, '')
    .replace(/(?<=[$€£₹¥])\s+(?=\d)/gu, '')
    .replace(/(?<=\d) - (?=\d)/gu, '-')

/** Faces made of punctuation say what punctuation does not. */
const face = /^[:;=8]-?[()DPp/|*]+$/u
const opening = /^["'([{¿¡,;:…·•‣*「『《«]+|^-+(?![\p{L}\p{N}])|^[.!?]+(?![\p{L}\p{N}])/u
const closing = /["')\]},;:?…·、。，？！」』》»*]+$|(?<=\D|^)[.!]+$|\.+$|-+$/u

/** A run of signs without a space: what it says, and the punctuation around it. */
const takeApart = (written: string): { before: string; words: readonly string[]; after: string } => {
  if (face.test(written)) return { before: '', words: [written], after: '' }
  const [before, unopened] = strip(written, opening)
  const [after, core] = /^(?:\p{L}\.){2,}$/u.test(unopened) ? ['', unopened] : strip(unopened, closing)
  const acronym = /^(?:\p{L}\.)+\p{L}?$/u.test(core) && core.length > 2
  const words = acronym ? [core.replaceAll('.', '').toUpperCase()] : split(core)
  return { before, words: words.filter((word) => word !== ''), after }
}

const strip = (text: string, pattern: RegExp): readonly [taken: string, rest: string] => {
  let [taken, rest] = ['', text]
  for (let match = pattern.exec(rest); match && match[0] !== ''; match = pattern.exec(rest)) {
    taken += match[0]
    rest = match.index === 0 ? rest.slice(match[0].length) : rest.slice(0, match.index)
  }
  return [taken, rest]
}

/** Hyphens within a word part it; before a number or an option, between numbers and beside single letters they say something. */
const split = (core: string): readonly string[] =>
  core
    .replace(/(?<=[\p{L}\p{N}]{2})-(?=\p{L}{2})|(?<=\p{L}{2})-(?=[\p{L}\p{N}]{2})/gu, ' ')
    .replace(/(?<=\p{L})[,;:?!"]+(?=\p{L})/gu, ' ')
    .replace(/(?<=[\p{L}\p{N}])(?:\.{2,}|-{2,})(?=[\p{L}\p{N}])/gu, ' ')
    .split(' ')
