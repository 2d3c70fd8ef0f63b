import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json, JsonObject } from '../contract/json.ts'
import { canonicalJson } from '../lib/canonical.ts'
import { compilePattern } from './pattern.ts'
import type { Subschema } from './survey.ts'

/** What is wrong with a value, and where: a JSON pointer from its root. */
export interface Misfit {
  pointer: string
  message: string
}

export type Verdict =
  | { fits: true }
  | { fits: false; misfits: readonly Misfit[] }
  /** Looking took more steps than are allowed: nothing is known. */
  | { fits: null }

/** Formats of 2020-12 that are checked; others are remarks, as the specification has it. */
const formats = [
  'date',
  'time',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uri',
  'uri-reference',
  'uri-template',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'regex',
] as const

/** Written into every subschema; its value is what one look at a value takes before the value's size. */
const meter = '$meter'

/** Code units of a text, or elements, for one step; and what formats may take, whose expressions can be quadratic. */
const unitsPerStep = 16
const formatUnitsPerStep = 1_024

class OutOfSteps extends Error {}

/**
 * Compiles a surveyed schema. Each look of a subschema at a value pays by the size of both before it begins, so that a
 * check ends after `maxSteps`, however the schema multiplies looks: recursion through several branches doubles them with
 * each level of the value, and no survey of the schema alone can tell.
 * @throws Error in Ajv's words
 */
export const compileValidator = (
  root: JsonObject,
  subschemas: ReadonlyMap<string, Subschema>,
  { maxSteps, allErrors }: { maxSteps: number; allErrors: boolean },
): ((value: unknown) => Verdict) => {
  let left = 0
  const spend = (steps: number): void => {
    left -= steps
    if (left < 0) throw new OutOfSteps()
  }
  const validate = createAjv(spend, allErrors).compile(metered(root, subschemas))
  return (value) => {
    left = maxSteps
    try {
      return validate(value) ? { fits: true } : { fits: false, misfits: misfitsOf(validate) }
    } catch (thrown) {
      // A value nested beyond the stack is one that takes too many steps.
      if (thrown instanceof OutOfSteps || thrown instanceof RangeError) return { fits: null }
      throw thrown
    }
  }
}

const createAjv = (spend: (steps: number) => void, allErrors: boolean): Ajv2020 => {
  const ajv = new Ajv2020({
    allErrors,
    strict: false,
    // `toString` and its kind are properties only where the value has them.
    ownProperties: true,
    inlineRefs: false,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    logger: false,
    // Shorter code that is no faster to run takes several times as long to make.
    code: { optimize: false, regExp: regExpOf(spend) },
  })
  addFormats.default(ajv, { mode: 'full', formats: [...formats] })
  ajv.addKeyword({
    keyword: meter,
    schemaType: 'number',
    before: '$ref',
    errors: false,
    validate: (weight: number, value: unknown, parent?: { format?: unknown }) => {
      spend(weight + sizeOf(value, parent?.format !== undefined))
      return true
    },
  })
  // Ajv compares every two items, which takes quadratic time.
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    error: { message: 'must not have the same item twice' },
    validate: (wanted: boolean, items: readonly Json[]) => !wanted || areUnique(items, spend),
  })
  orderRules(ajv)
  return ajv
}

/**
 * The meter is among the rules for any type, which here go before those for texts: nothing is looked at unpaid. And
 * without `allErrors` Ajv 8.20 passes over every rule that comes after `prefixItems` where an array is shorter than that:
 * so those come last for which there is then nothing to do.
 */
const orderRules = ({ RULES }: Ajv2020): void => {
  RULES.rules.sort((a, b) => Number(a.type !== undefined) - Number(b.type !== undefined))
  const last = ['prefixItems', 'items', 'unevaluatedItems']
  const arrays = RULES.rules.find(({ type }) => type === 'array')
  arrays?.rules.sort((a, b) => last.indexOf(a.keyword) - last.indexOf(b.keyword))
}

/** Ajv prints this expression where it writes modules of code, which is never done here. */
const regExpOf = (spend: (steps: number) => void) =>
  Object.assign((source: string) => compilePattern(source, spend), { code: 'compilePattern' })

const areUnique = (items: readonly Json[], spend: (steps: number) => void): boolean => {
  const seen = new Set<string>()
  for (const item of items) {
    const text = canonicalJson(item)
    spend(1 + text.length / unitsPerStep)
    if (seen.has(text)) return false
    seen.add(text)
  }
  return true
}

const sizeOf = (value: unknown, hasFormat: boolean): number => {
  if (typeof value === 'string')
    return value.length / unitsPerStep + (hasFormat ? value.length ** 2 / formatUnitsPerStep : 0)
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

/** The schema with a meter in every subschema. What belongs to its publication is left out: nothing is looked up. */
const metered = (root: JsonObject, subschemas: ReadonlyMap<string, Subschema>): JsonObject => {
  const weights = new Map(Array.from(subschemas.values(), ({ schema, weight }) => [schema, weight]))
  const copy = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copy(field)]))
    const weight = weights.get(value)
    return weight === undefined ? fields : { ...fields, [meter]: weight }
  }
  const { $id: _id, $schema: _schema, ...own } = root
  const fields = Object.fromEntries(Object.entries(own).map(([key, field]) => [key, copy(field)]))
  return { ...fields, [meter]: weights.get(root) ?? 1 }
}

/** Misfits beyond this many tell nobody more. */
const maxMisfits = 20

const misfitsOf = ({ errors }: ValidateFunction): Misfit[] =>
  (errors ?? []).slice(0, maxMisfits).map((error) => ({ pointer: error.instancePath, message: sayError(error) }))

const sayError = ({
  keyword,
  message = 'does not fit',
  params,
}: ErrorObject<string, Record<string, unknown>>): string => {
  switch (keyword) {
    case 'additionalProperties':
      return `${message}: ${JSON.stringify(params.additionalProperty)}`
    case 'unevaluatedProperties':
      return `${message}: ${JSON.stringify(params.unevaluatedProperty)}`
    case 'enum':
      return `${message}: ${JSON.stringify(params.allowedValues).slice(0, 300)}`
    case 'const':
      return `${message}: ${JSON.stringify(params.allowedValue).slice(0, 300)}`
    default:
      return message
  }
}
