import type { JsonObject } from '../contract/json.ts'
import type { Material } from './material.ts'

/** One value for each format that JSON Schema and OpenAI's structured outputs name. */
const formats: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'sandbox@example.com',
  hostname: 'sandbox.example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://sandbox.example.com/',
  'uri-reference': '/sandbox',
  uuid: '00000000-0000-4000-8000-000000000000',
  regex: '^sandbox$',
  'json-pointer': '/sandbox',
}

/** Tried in turn against a `pattern` that the text itself does not meet. */
const codes = [
  'sandbox',
  'SANDBOX',
  'Sandbox',
  's',
  'S',
  '1',
  '42',
  '123',
  '1234',
  '12345',
  '1.5',
  'A1',
  'AB-123',
  'ABC-1234',
  'US',
  'en-GB',
  '#a1b2c3',
  '2026-01-31',
  '12:00',
  '+1234567890',
  '0',
  '',
]

/** A longer `minLength` is not met. */
const maxPadding = 100_000

/** Property names whose value is a sentence rather than a name. */
const prose = /query|question|prompt|text|message|content|input|summary|description|answer|reason|explanation|body/i

/**
 * A string of a schema's `format`, `pattern`, `minLength` and `maxLength`. Its text comes from the request: prose for a
 * property called `query` or the like, else the next of `names` (which is taken out), else key words.
 */
export const fitString = (schema: JsonObject, name: string, material: Material, names: string[]): string => {
  const { format, pattern, minLength, maxLength } = schema
  const least = typeof minLength === 'number' ? Math.min(minLength, maxPadding) : 0
  const most = typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY
  if (typeof format === 'string' && formats[format] !== undefined) return formats[format]

  const text = toLength(prose.test(name) ? proseOf(material, name) : nameOf(material, name, names), least, most)
  if (typeof pattern !== 'string') return text
  const fits = readPattern(pattern)
  return [text, ...codes].find((candidate) => fits(candidate) && toLength(candidate, least, most) === candidate) ?? text
}

const proseOf = ({ sentences, text }: Material, name: string): string =>
  (sentences.at(-1) ?? text).trim().slice(0, 200).toWellFormed() || name

const nameOf = ({ keyWords }: Material, name: string, names: string[]): string =>
  names.shift() ?? (keyWords.slice(0, 3).join(' ') || name || 'sandbox')

/** Lengths count characters, not UTF-16 units, as JSON Schema has it. */
const toLength = (text: string, least: number, most: number): string => {
  const characters = Array.from(text)
  if (characters.length < least) return text + '.'.repeat(least - characters.length)
  return characters.length > most ? characters.slice(0, most).join('') : text
}

const readPattern = (pattern: string): ((text: string) => boolean) => {
  try {
    const expression = new RegExp(pattern, 'u')
    return (text) => expression.test(text)
  } catch {
    // Not a pattern of this dialect: nothing can be held against it.
    return () => true
  }
}
