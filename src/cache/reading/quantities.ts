import { areGlued } from './tokens.ts'
import type { Token } from './tokens.ts'
import { multiples, multipliers, ordinalsByWord, romanNumerals, unitsByWord } from './words/numbers.ts'
import { unitOf } from './words/units.ts'

/** A number that a text names, however it is written, with its unit where one is said. */
export interface Quantity {
  /** Digits without separators (1000, -3.5), a multiple (2x), or as written where it is no plain number (10:30, 1.2.3, 12/5/2017). */
  value: string
  unit: string | null
}

export interface Quantities {
  quantities: readonly Quantity[]
  /** Of each token that says a number or its unit: what it stands for, the same in every spelling. */
  meanings: ReadonlyMap<Token, string>
  /** "one" where it may be a number or a pronoun. */
  ones: number
}

const gluedMultipliers: Readonly<Record<string, number>> = {
  k: 1_000,
  m: 1e6,
  mn: 1e6,
  b: 1e9,
  bn: 1e9,
  cr: 1e7,
  tn: 1e12,
}
const currencies = new Set(['$', '€', '£', '₹', '¥'])

/** Reads every number among the tokens. */
export const readQuantities = (tokens: readonly Token[]): Quantities => {
  const quantities: Quantity[] = []
  const meanings = new Map<Token, string>()
  let ones = 0
  for (let at = 0; at < tokens.length;) {
    const found = numberAt(tokens, at)
    if (!found) {
      if (isOne(tokens[at])) ones += 1
      at += 1
      continue
    }
    const after = at + found.length
    const unit = unitAt(tokens, after)
    const before = tokens[at - 1]
    const currency = before && currencies.has(before.text) ? (unitOf(before.text, true) ?? null) : null
    const value = unit?.name === 'times' ? `${found.value}x` : isNegative(tokens, at) ? `-${found.value}` : found.value
    quantities.push({ value, unit: unit?.name === 'times' ? null : (unit?.name ?? currency) })
    for (const token of tokens.slice(at, after)) meanings.set(token, `#${value}`)
    if (unit) for (const token of tokens.slice(unit.from, unit.to)) meanings.set(token, `#${unit.name}`)
    at = Math.max(after, unit?.to ?? 0)
  }
  return { quantities, meanings, ones }
}

interface Found {
  value: string
  /** The number of tokens it takes. */
  length: number
}

/** What is counted with Roman numerals from I on; elsewhere I is who asks. */
const numbered = new Set([
  'war',
  'part',
  'type',
  'phase',
  'chapter',
  'volume',
  'class',
  'act',
  'level',
  'stage',
  'grade',
  'tier',
])

const numberAt = (tokens: readonly Token[], at: number): Found | null => {
  const token = tokens[at]
  if (token?.kind === 'digits') return digitsAt(tokens, at)
  if (token?.kind !== 'word') return null
  const roman = romanNumerals.get(token.text)
  if (roman !== undefined) return { value: String(roman), length: 1 }
  if (token.text === 'I' && numbered.has(tokens[at - 1]?.text.toLowerCase() ?? '')) return { value: '1', length: 1 }
  const word = token.text.toLowerCase()
  const single = multiples.get(word)
  if (single !== undefined) return { value: single, length: 1 }
  if (ordinalsByWord.has(word) && !isTime(tokens, at)) return { value: String(ordinalsByWord.get(word)), length: 1 }
  return spelledAt(tokens, at)
}

/** "a second" and "per second" are times, and so are "seconds". */
const isTime = (tokens: readonly Token[], at: number): boolean =>
  tokens[at]?.text === 'second' &&
  ['a', 'per', 'each', 'every', 'one'].includes(tokens[at - 1]?.text.toLowerCase() ?? '')

const digitsAt = (tokens: readonly Token[], at: number): Found => {
  const [token, next] = [tokens[at], tokens[at + 1]]
  const plain = plainNumber(token?.text ?? '')
  if (plain === null) return { value: token?.text ?? '', length: 1 }
  const word = next?.kind === 'word' ? next.text.toLowerCase() : ''
  const scale = areGlued(token, next) ? gluedScale(word, next?.text ?? '', tokens[at - 1]?.text) : multipliers.get(word)
  if (scale !== undefined) return { value: String(plain * scale), length: 2 }
  if (areGlued(token, next) && /^(?:st|nd|rd|th)$/u.test(word)) return { value: String(plain), length: 2 }
  if (areGlued(token, next) && word === 'x') return { value: `${plain}x`, length: 2 }
  return { value: String(plain), length: 1 }
}

/** A small m is metres where no currency stands before it. */
const gluedScale = (word: string, written: string, before: string | undefined): number | undefined =>
  written === 'm' && !currencies.has(before ?? '') ? undefined : gluedMultipliers[word]

/** A number written in digits; null where it is a version, a date, a time. */
const plainNumber = (written: string): number | null => {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/u.test(written) || /^\d{1,2}(?:,\d{2})+,\d{3}$/u.test(written))
    return Number(written.replaceAll(',', ''))
  const fraction = /^(\d)\/([2-9])$/u.exec(written)
  if (fraction && Number(fraction[1]) < Number(fraction[2])) return Number(fraction[1]) / Number(fraction[2])
  return /^\d+(?:\.\d+)?$/u.test(written) ? Number(written) : null
}

/** A number in words: two hundred and five, a dozen, twenty-five. "one" alone is more often a pronoun. */
const spelledAt = (tokens: readonly Token[], at: number): Found | null => {
  let [total, current, end, isSaid] = [0, 0, at, false]
  for (let index = at; index < tokens.length; index += 1) {
    const word = tokens[index]?.text.toLowerCase() ?? ''
    const [units, scale] = [unitsByWord.get(word), multipliers.get(word)]
    if (units !== undefined) {
      // "nineteen eighty" and "one two three" are rows of numbers.
      if (isSaid && current % 100 !== 0 && (current % 10 !== 0 || units >= 10)) break
      current += units
    } else if (scale === 100 || scale === 12) current = (current || 1) * scale
    else if (scale !== undefined) {
      total += (current || 1) * scale
      current = 0
    } else if (
      isSaid &&
      (word === '-' || word === 'and') &&
      unitsByWord.has(tokens[index + 1]?.text.toLowerCase() ?? '')
    )
      continue
    else break
    isSaid = true
    end = index + 1
  }
  if (!isSaid || (end === at + 1 && isOne(tokens[at]) && !unitAt(tokens, end))) return null
  return { value: String(total + current), length: end - at }
}

const isOne = (token: Token | undefined): boolean => token?.text.toLowerCase() === 'one'

/** The unit behind a number, over a hyphen too: 5kg, 5 kg, 5-year. */
const unitAt = (tokens: readonly Token[], at: number): { name: string; from: number; to: number } | null => {
  const from = tokens[at]?.text === '-' && areGlued(tokens[at], tokens[at + 1]) ? at + 1 : at
  const token = tokens[from]
  if (!token || (token.kind !== 'word' && token.text !== '%' && token.text !== '°' && !currencies.has(token.text)))
    return null
  if (token.text.toLowerCase() === 'times') return { name: 'times', from, to: from + 1 }
  const degrees = token.text === '°' ? tokens[from + 1] : undefined
  if (degrees) {
    const name = unitOf(`°${degrees.text.toLowerCase()}`, true)
    return name ? { name, from, to: from + 2 } : { name: 'degree', from, to: from + 1 }
  }
  const name = unitOf(token.text.toLowerCase(), areGlued(tokens[at - 1], token))
  return name === undefined ? null : { name, from, to: from + 1 }
}

/** A minus belongs to its number where nothing stands right before it. */
const isNegative = (tokens: readonly Token[], at: number): boolean => {
  const [sign, before] = [tokens[at - 1], tokens[at - 2]]
  return sign?.text === '-' && areGlued(sign, tokens[at]) && (!areGlued(before, sign) || before?.text === '(')
}
