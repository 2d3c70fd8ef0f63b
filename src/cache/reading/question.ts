import { bucketOf } from './bucket.ts'
import { foldCase, normalizeCharacters } from './characters.ts'
import { expandContraction } from './contractions.ts'
import { readQuantities } from './quantities.ts'
import type { Quantity } from './quantities.ts'
import { readScripts } from './scripts.ts'
import { stemOf } from './stem.ts'
import { areGlued, tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'
import { stopWords } from './words/classes.ts'
import { aliasOf, longestAlias } from './words/names.ts'
import { emptyBefore, emptyNegations, negators } from './words/negators.ts'

/** One word as it counts: folded, contractions taken apart. */
export interface Word {
  text: string
  /** Without its ending; of a number, what it stands for however it is written. */
  stem: string
  /** Where the table of rarity keeps it. */
  bucket: number
  /** Carries the form of the sentence, not its matter. */
  isStop: boolean
  /** Turns the sentence around. */
  isNegator: boolean
  isNumber: boolean
  /** Capitalised where no sentence begins. */
  isName: boolean
  /** Capitalised, where a sentence begins or not. */
  isCapitalised: boolean
  startsSentence: boolean
}

/** What is read of a text once, and compared with many others. No part of it is the text itself. */
export interface Question {
  words: readonly Word[]
  /** The texts and stems of all words. */
  vocabulary: ReadonlySet<string>
  /** Names that several spellings share, of every run of words, with the spellings: us for the United States. */
  mentions: ReadonlyMap<string, readonly string[]>
  quantities: readonly Quantity[]
  /** How often "one" may be a number. */
  ones: number
  /** Letters and digits in one: a320, v2; addresses too. */
  ids: readonly string[]
  /** What stands side by side and would be an id if it were glued. */
  joins: ReadonlySet<string>
  /** Words in capitals only, of a text that has small letters too; as written. */
  capitals: readonly string[]
  /** Folded words that are capitalised away from a sentence start. */
  names: readonly string[]
  negations: number
  /** The sentences' kinds of question, the first that is clear. */
  asks: Asked | null
  scripts: readonly string[]
  /** By its small words, where they are clear. */
  language: string | null
  /** Words in another script than Latin, which an English encoder does not know. */
  foreign: readonly string[]
  /** Signs that carry meaning: + # € and emoji. */
  symbols: readonly string[]
  sentences: number
}

/** What an answer must name. "what" and "which" ask for anything. */
export type Asked = 'who' | 'when' | 'where' | 'why' | 'how' | 'quantity' | 'what'

/** Reads a text. Linear in its length. */
export const readQuestion = (text: string): Question => {
  const tokens = tokensOf(normalizeCharacters(text))
  const { quantities, meanings, ones } = readQuantities(tokens)
  const writing = writingOf(tokens)
  const capitals: string[] = []
  const words: Word[] = []
  let startsSentence = true
  let sentences = 0
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'mark' && token.text !== '&') {
      if (endsSentence(tokens, at) && /[^:;]/u.test(token.text) && !startsSentence) sentences += 1
      startsSentence ||= endsSentence(tokens, at)
      continue
    }
    const capital = writing === 'mixed' && !meanings.has(token) ? capitalsIn(token) : null
    if (capital) capitals.push(capital)
    const isName = (writing === 'mixed' && !startsSentence && isCapitalised(token)) || capital !== null
    const expanded =
      token.text === '&' ? ['and'] : expandContraction(foldWord(token), foldCase(tokens[at + 1]?.text ?? ''))
    for (const word of expanded)
      words.push(
        makeWord({ word, token, meaning: meanings.get(token), isName, isCapitals: capital !== null, startsSentence }),
      )
    startsSentence = false
  }
  const folded = words.map((word) => word.text)
  return {
    words,
    vocabulary: new Set([...folded, ...words.map(({ stem }) => stem)]),
    mentions: mentionsIn(folded),
    quantities,
    ones,
    ids: idsIn(tokens, new Set(meanings.keys())),
    joins: joinsIn(tokens),
    capitals,
    names: words.filter(({ isName }) => isName).map((word) => word.text),
    negations: countNegations(folded),
    asks: askedBy(words),
    ...readScripts(words),
    symbols: symbolsIn(tokens),
    sentences: Math.max(1, sentences + (startsSentence ? 0 : 1)),
  }
}

/** Words that are written with a full stop behind them. */
const abbreviations = new Set('vs mr mrs ms dr prof st jr sr no rs inc ltd co approx etc'.split(' '))

const endsSentence = (tokens: readonly Token[], at: number): boolean => {
  const mark = tokens[at]?.text ?? ''
  return mark === '.' ? !abbreviations.has(foldCase(tokens[at - 1]?.text ?? '')) : /[?!:;。？！]/u.test(mark)
}

interface Read {
  word: string
  token: Token
  meaning: string | undefined
  isName: boolean
  isCapitals: boolean
  startsSentence: boolean
}

const makeWord = ({ word, token, meaning, isName, isCapitals, startsSentence }: Read): Word => ({
  text: word,
  stem: meaning ?? stemOf(word),
  bucket: bucketOf(word),
  isStop: stopWords.has(word) && !isCapitals && !negators.has(word) && meaning === undefined,
  isNegator: negators.has(word),
  isNumber: meaning !== undefined || token.kind === 'digits',
  isName: isName && meaning === undefined,
  isCapitalised: isCapitalised(token),
  startsSentence,
})

/** U.S. is the US. */
const foldWord = ({ text }: Token): string =>
  foldCase(/^(?:\p{L}\.)+\p{L}?$/u.test(text) ? text.replaceAll('.', '') : text)

/** Whether capitals say anything: not in a text that shouts, nor in a title, which leaves only its smallest words small. */
const writingOf = (tokens: readonly Token[]): 'mixed' | 'plain' => {
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text)
  if (!words.some((word) => /\p{Ll}/u.test(word))) return 'plain'
  const others = words.slice(1).filter((word) => !smallInTitles.has(word))
  return others.length >= 3 && others.every((word) => /^\p{Lu}/u.test(word)) ? 'plain' : 'mixed'
}

const smallInTitles = new Set('a an the of in on at to for from by with and or but as vs nor'.split(' '))

/** Stop words that are other words in capitals; the rest of them is only said loudly. */
const ambiguous = new Set(['it', 'us', 'who'])

const capitalsIn = ({ kind, text }: Token): string | null => {
  if (kind !== 'word') return null
  const plain = text.replaceAll('.', '').replace(/(?:'s|s)$/u, '')
  if (!/^\p{Lu}{2,6}$/u.test(plain)) return null
  const folded = foldCase(plain)
  return (stopWords.has(folded) && !ambiguous.has(folded)) || negators.has(folded) ? null : plain
}

const isCapitalised = ({ kind, text }: Token): boolean =>
  kind === 'word' && /^\p{Lu}/u.test(text) && !/^I(?:'|$)/u.test(text) && !stopWords.has(foldCase(text))

const countNegations = (words: readonly string[]): number => words.filter((word, at) => negates(words, word, at)).length

/** "whether or not", "why or why not", "no matter" and "not only … but" turn nothing around. */
const negates = (words: readonly string[], word: string, at: number): boolean => {
  if (!negators.has(word)) return false
  const [before, after] = [words[at - 1], words[at + 1]]
  if (word === 'not' && before === 'why' && words[at - 2] === 'or') return false
  if (word === 'not' && (after === 'only' || after === 'just') && words.slice(at).includes('but')) return false
  if (emptyNegations.some(([opener, negator]) => before === opener && word === negator)) return false
  return !emptyBefore.some(([negator, follower]) => word === negator && after === follower)
}

const mentionsIn = (words: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (let at = 0; at < words.length; at += 1) {
    let run = ''
    for (let length = 1; length <= longestAlias && at + length <= words.length; length += 1) {
      run += `${run && ' '}${words[at + length - 1] ?? ''}`
      const alias = aliasOf(run)
      if (alias !== undefined) found.set(alias, [...(found.get(alias) ?? []), run])
    }
  }
  return found
}

/** Runs of letters and digits without a space that are neither a number with its unit nor a count (3rd, 10k). */
const idsIn = (tokens: readonly Token[], counted: ReadonlySet<Token>): readonly string[] => {
  const ids: string[] = []
  for (let at = 0; at < tokens.length;) {
    let end = at + 1
    while (isIdPart(tokens[end]) && isIdPart(tokens[at]) && areGlued(tokens[end - 1], tokens[end])) end += 1
    const run = tokens.slice(at, end)
    const isMixed = run.some(({ kind }) => kind === 'word') && run.some((token) => token.kind === 'digits')
    if (tokens[at]?.kind === 'address' || (isMixed && !run.every((token) => counted.has(token))))
      ids.push(foldCase(run.map(({ text }) => text).join('')))
    at = end
  }
  return ids
}

const isIdPart = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'digits'

const joinsIn = (tokens: readonly Token[]): ReadonlySet<string> => {
  const parts = tokens.filter(isIdPart)
  const joins = new Set<string>()
  for (let at = 0; at < parts.length; at += 1)
    for (let length = 2; length <= 3; length += 1) {
      const run = parts.slice(at, at + length)
      if (run.some(({ kind }) => kind === 'digits')) joins.add(foldCase(run.map(({ text }) => text).join('')))
    }
  return joins
}

const clearWords: Readonly<Record<string, Asked>> = {
  who: 'who',
  whom: 'who',
  whose: 'who',
  when: 'when',
  where: 'where',
  why: 'why',
  how: 'how',
  what: 'what',
  which: 'what',
}
const asksFor: Readonly<Record<string, Asked>> = {
  year: 'when',
  date: 'when',
  time: 'when',
  day: 'when',
  month: 'when',
  country: 'where',
  city: 'where',
  place: 'where',
  places: 'where',
  person: 'who',
  reason: 'why',
  reasons: 'why',
  number: 'quantity',
  amount: 'quantity',
  percentage: 'quantity',
}
const counts = new Set([
  'many',
  'much',
  'long',
  'often',
  'old',
  'far',
  'tall',
  'big',
  'large',
  'high',
  'deep',
  'fast',
  'heavy',
])

/** A question word counts near the beginning of its sentence; further in it joins clauses. */
const askedBy = (words: readonly Word[]): Asked | null => {
  let place = 0
  for (const [at, word] of words.entries()) {
    place = word.startsSentence ? 0 : place + 1
    const asked = place <= 3 && Object.hasOwn(clearWords, word.text) ? clearWords[word.text] : undefined
    if (!asked) continue
    const next = words[at + 1]?.text ?? ''
    if (asked === 'how') return next === 'come' ? 'why' : counts.has(next) ? 'quantity' : 'how'
    if (asked !== 'what') return asked
    const named = [next, words[at + 3]?.text ?? ''].find((noun) => Object.hasOwn(asksFor, noun))
    return (named && asksFor[named]) || 'what'
  }
  return null
}

/** Letters' companions that only order a text. The minus of a number counts with the number. */
const prose = /^[.,;:?!¿¡"'()[\]{}\-…·•‣、。，？！「」『』《》&/_*`%°$€£₹¥]$/u

const symbolsIn = (tokens: readonly Token[]): readonly string[] =>
  tokens
    .filter(({ kind, text }, at) => {
      if (kind !== 'mark') return false
      const isCurrency = /^[$€£₹¥]$/u.test(text)
      const besideNumber = tokens[at + 1]?.kind === 'digits' || tokens[at - 1]?.kind === 'digits'
      if (isCurrency || text === '*') return isCurrency !== besideNumber
      // #1 and #WT-4 only name a number; C# is another language than C.
      if (text === '#') return areGlued(tokens[at - 1], tokens[at])
      return !prose.test(text)
    })
    .map(({ text }) => text)
    .sort()
