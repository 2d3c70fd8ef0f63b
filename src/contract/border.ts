import { z } from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { GatewayError } from './errors.ts'
import type { Json } from './json.ts'

/** A JSON value that is carried without being read: `checkJson` has seen the whole body already. */
export const json = z.custom<Json>()
export const jsonObject = z.record(z.string(), json)

/** A field that its own reader reads. */
export const unread = z.unknown().optional()

/** Deeper than any schema people write, shallow enough for every recursive reader behind the border. */
const maxDepth = 200

/** More elements and members than this are junk, not a conversation; each takes some 5 µs of the event loop on its way. */
export const maxJsonValues = 100_000

/**
 * Refuses JSON that would harm what comes after: nesting that overflows the stack of `JSON.stringify`, more values than
 * can be walked while others wait, and `__proto__` keys. Walks level by level, so that its own stack cannot overflow.
 * @throws GatewayError invalid_request
 */
export const checkJson = (value: unknown): void => {
  let level = [value]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxDepth) throw new GatewayError('invalid_request', `The body nests deeper than ${maxDepth} levels.`)
    const next: unknown[] = []
    for (const node of level) {
      if (typeof node !== 'object' || node === null) continue
      if (Object.hasOwn(node, '__proto__'))
        throw new GatewayError('invalid_request', 'The body has a key named "__proto__": rename it.')
      const children: unknown[] = Object.values(node)
      values += children.length
      if (values > maxJsonValues)
        throw new GatewayError('invalid_request', `The body has more than ${maxJsonValues} elements and members.`)
      for (const child of children) if (typeof child === 'object' && child !== null) next.push(child)
    }
    level = next
  }
}

/** An `invalid_request` about one field, named as the caller wrote it; an empty name stands for the whole request. */
export const invalid = (param: string, message: string): GatewayError =>
  param === ''
    ? new GatewayError('invalid_request', `The request ${message}`)
    : new GatewayError('invalid_request', `"${param}" ${message}`, { param })

/**
 * Reads a value by its schema. The error names the field by its path from `param`: `messages[1].content[0].type`.
 * @throws GatewayError invalid_request
 */
export const read = <T>(schema: z.ZodType<T>, value: unknown, param: string): T => {
  const result = schema.safeParse(value, { error: sayIssue })
  if (result.success) return result.data
  const issue = result.error.issues[0]
  // An unknown key is reported at its object; the fault is the key itself.
  const key = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  throw invalid(pathOf(param, [...(issue?.path ?? []), ...key]), issue?.message ?? 'is not valid.')
}

/** As `read`, for an object in which null means unset, as OpenAI's clients write it. */
export const readFields = <T>(schema: z.ZodType<T>, value: unknown, param: string): T =>
  read(schema, withoutNulls(value), param)

const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.values(value).includes(null)
    ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
    : value

/** Keys are the caller's and may be long: an error message shows enough of them to be found. */
const pathOf = (param: string, path: readonly PropertyKey[]): string => {
  let text = param
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${String(step).slice(0, 64)}`
  }
  return text
}

/** What is wrong and what to send instead, to follow the field's name. Values are never repeated: they may be secret. */
const sayIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is missing: send ${nameOf(issue.expected)}.`
        : `must be ${nameOf(issue.expected)}, not ${kindOf(issue.input, issue.expected)}.`
    case 'invalid_value':
      return `must be ${listOf(issue.values)}.`
    case 'too_small':
      return issue.minimum === 1 && issue.origin in unitOf
        ? 'must not be empty.'
        : `must ${bound(issue, 'least', issue.minimum)}.`
    case 'too_big':
      return `must ${bound(issue, 'most', issue.maximum)}.`
    case 'unrecognized_keys':
      return 'is not known: leave it out.'
    case 'invalid_key':
      return `is not a valid name: it ${issue.issues[0]?.message ?? 'is refused.'}`
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_element':
    case 'custom':
      return 'is not valid.'
  }
}

const unitOf: Readonly<Record<string, string>> = { string: 'characters', array: 'items' }

const bound = (issue: { origin: string }, side: 'least' | 'most', limit: number | bigint): string => {
  const unit = unitOf[issue.origin]
  return unit === undefined ? `be at ${side} ${limit}` : `have at ${side} ${limit} ${unit}`
}

const nameOf = (expected: string): string =>
  ({ int: 'an integer', array: 'an array', object: 'an object', record: 'an object' })[expected] ?? `a ${expected}`

const kindOf = (input: unknown, expected: string): string => {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'an array'
  if (typeof input === 'number' && (expected === 'int' || expected === 'number'))
    return Math.abs(input) > Number.MAX_SAFE_INTEGER ? 'a number that large' : 'a fraction'
  return typeof input === 'object' ? 'an object' : `a ${typeof input}`
}

const listOf = (values: readonly unknown[]): string => {
  const quoted = values.map((value) => JSON.stringify(value))
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

/** For strict objects: refuses an unknown field and names the known one that was probably meant. */
export const strictly =
  (known: readonly string[]): z.core.$ZodErrorMap =>
  (issue) => {
    if (issue.code !== 'unrecognized_keys') return undefined
    const meant = didYouMean((issue.keys[0] ?? '').slice(0, 64), known)
    return meant === null ? `is not known: known are ${known.join(', ')}.` : `is not known: did you mean "${meant}"?`
  }
