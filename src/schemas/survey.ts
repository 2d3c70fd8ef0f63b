import type { Json, JsonObject } from '../contract/json.ts'
import { longestPattern } from './pattern.ts'

/**
 * What a schema may have at most. Compiling takes some 0.15 ms of the event loop for each subschema, and an answer is
 * checked against all of them.
 */
const maxSubschemas = 1_000
const maxDepth = 64
/** Members and elements of everything that is no schema itself: `enum`, `required`, `const`, `examples`. */
const maxPlainValues = 20_000
const maxChars = 512_000
/** Subschemas that apply to one and the same value, by `$ref`, `allOf` and their kind, each as often as it is reached. */
const maxInPlace = 5_000
/** Characters of all patterns, each times its largest counted repetition: what their programs may grow to. */
const maxPatternSize = 100_000

/** Why a schema is not taken, and where: a JSON pointer from its root. */
export class SchemaFault extends Error {
  override readonly name = 'SchemaFault'
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.pointer = pointer
  }
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name. The first of each kind see the same value. */
const inPlaceOne = ['not', 'if', 'then', 'else'] as const
const inPlaceList = ['allOf', 'anyOf', 'oneOf'] as const
const inPlaceNamed = ['dependentSchemas', 'dependencies'] as const
const one = [
  ...inPlaceOne,
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
] as const
const list = [...inPlaceList, 'prefixItems'] as const
const named = [...inPlaceNamed, 'properties', 'patternProperties', '$defs', 'definitions'] as const

const schemaKeywords: ReadonlySet<string> = new Set([...one, ...list, ...named])
const inPlaceKeywords: ReadonlySet<string> = new Set([...inPlaceOne, ...inPlaceList, ...inPlaceNamed])

/** Keywords by which a schema reaches beyond itself, or changes with who refers to it. */
const refused: ReadonlyMap<string, string> = new Map([
  ['$dynamicRef', 'is not taken: use "$ref".'],
  ['$recursiveRef', 'is not taken: use "$ref".'],
  ['$vocabulary', 'is not taken.'],
])

export interface Subschema {
  pointer: string
  schema: JsonObject
  /** Its own keywords and their values, without those of its subschemas: what one look at a value takes at least. */
  weight: number
  /** Subschemas that see the same value. */
  inPlace: string[]
}

/**
 * Walks a schema before anything is made of it, and refuses what would take too long to compile or to check: size,
 * depth, references that lead away, in a circle or into an explosion. Everything is bounded by counts.
 * @returns every subschema by its JSON pointer
 * @throws SchemaFault
 */
export const surveySchema = (root: JsonObject): ReadonlyMap<string, Subschema> => {
  if (JSON.stringify(root).length > maxChars) throw new SchemaFault('', `is longer than ${maxChars} characters.`)
  const found = new Map<string, Subschema>()
  const anchors = new Map<string, string>()
  const references: { from: Subschema; to: string }[] = []
  let plainValues = 0
  let patternSize = 0

  const visit = (value: Json, pointer: string, depth: number): void => {
    // Whatever else stands where a schema should, the meta-schema finds.
    if (!isObject(value)) return
    if (depth > maxDepth) throw new SchemaFault(pointer, `nests schemas deeper than ${maxDepth} levels.`)
    if (found.size >= maxSubschemas) throw new SchemaFault(pointer, `is one of more than ${maxSubschemas} subschemas.`)
    const here: Subschema = { pointer, schema: value, weight: 1, inPlace: [] }
    found.set(pointer, here)
    for (const [keyword, said] of Object.entries(value)) {
      const at = `${pointer}/${escape(keyword)}`
      here.weight += 1
      const children = schemaKeywords.has(keyword) ? subschemasOf(keyword, said, at) : []
      if (children.length === 0) {
        const values = countValues(said)
        here.weight += values
        plainValues += values
      }
      here.weight += children.length
      for (const child of children) {
        if (inPlaceKeywords.has(keyword)) here.inPlace.push(child.pointer)
        visit(child.schema, child.pointer, depth + 1)
      }
      look(here, keyword, said, at)
    }
    if (plainValues > maxPlainValues)
      throw new SchemaFault(pointer, `has more than ${maxPlainValues} values in "enum", "required" and the like.`)
  }

  const look = (here: Subschema, keyword: string, said: Json, at: string): void => {
    const why = refused.get(keyword)
    if (why !== undefined) throw new SchemaFault(at, why)
    if (keyword === '$id' && here.pointer !== '')
      throw new SchemaFault(at, 'is taken at the root only: refer to subschemas by "#/$defs/…".')
    if (keyword === '$anchor' && typeof said === 'string') anchors.set(said, here.pointer)
    if (keyword === '$ref' && typeof said === 'string') references.push({ from: here, to: said })
    if (keyword === 'pattern' && typeof said === 'string') growPatterns(said, at)
    if (keyword === 'patternProperties' && isObject(said))
      for (const pattern of Object.keys(said)) growPatterns(pattern, `${at}/${escape(pattern)}`)
  }

  const growPatterns = (pattern: string, at: string): void => {
    patternSize += longestPattern(pattern)
    if (patternSize > maxPatternSize) throw new SchemaFault(at, 'makes the patterns of the schema too large together.')
  }

  visit(root, '', 0)
  for (const { from, to } of references) from.inPlace.push(resolve(to, from, found, anchors))
  countInPlace(found)
  return found
}

const subschemasOf = (keyword: string, value: Json, at: string): { schema: Json; pointer: string }[] => {
  if (includes(one, keyword)) return isObject(value) ? [{ schema: value, pointer: at }] : []
  const holder = Array.isArray(value) === includes(list, keyword) && typeof value === 'object' ? value : null
  return Object.entries<Json>(holder ?? {}).map(([key, schema]) => ({ schema, pointer: `${at}/${escape(key)}` }))
}

/** Where a reference leads: into this schema, to one of its subschemas, or nowhere. */
const resolve = (
  reference: string,
  from: Subschema,
  found: ReadonlyMap<string, Subschema>,
  anchors: ReadonlyMap<string, string>,
): string => {
  const at = `${from.pointer}/$ref`
  if (!reference.startsWith('#'))
    throw new SchemaFault(at, 'leads out of the schema: only references within it ("#/$defs/…") are followed.')
  const fragment = decode(reference.slice(1))
  const pointer = fragment === '' || fragment.startsWith('/') ? fragment : anchors.get(fragment)
  if (pointer === undefined || !found.has(pointer)) throw new SchemaFault(at, 'leads to no schema.')
  return pointer
}

/** Counts how many subschemas one value meets, and finds circles in which a value would never come to its end. */
const countInPlace = (found: ReadonlyMap<string, Subschema>): void => {
  const counts = new Map<string, number | 'open'>()
  const count = (pointer: string): number => {
    const known = counts.get(pointer)
    if (known === 'open') throw new SchemaFault(pointer, 'refers to itself without looking at a smaller value.')
    if (known !== undefined) return known
    counts.set(pointer, 'open')
    let sum = 1
    for (const next of found.get(pointer)?.inPlace ?? []) sum += found.has(next) ? count(next) : 0
    if (sum > maxInPlace) throw new SchemaFault(pointer, `holds each value against more than ${maxInPlace} subschemas.`)
    counts.set(pointer, sum)
    return sum
  }
  for (const pointer of found.keys()) count(pointer)
}

/** Elements and members, however deep; the body's own bound on depth holds here too. */
const countValues = (value: Json): number => {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  for (const child of Object.values(value)) count += 1 + countValues(child)
  return count
}

const includes = (keywords: readonly string[], keyword: string): boolean => keywords.includes(keyword)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** As RFC 6901 writes a key within a pointer. */
const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

const decode = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
