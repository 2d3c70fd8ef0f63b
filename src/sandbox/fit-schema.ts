import type { Json, JsonObject } from '../contract/json.ts'
import { fitNumber } from './fit-number.ts'
import { fitString } from './fit-string.ts'
import type { Material } from './material.ts'

/** Below this many levels only what is required is written, so that recursive schemas come to an end. */
const fullDepth = 5
const maxDepth = 32
/** Bounds for schemas that ask for too much, or for no end: what lies beyond is null, or left out. */
const maxValues = 10_000
const maxSize = 1000

/**
 * A JSON value that fits a JSON Schema, filled with what the request is about. Deterministic.
 *
 * Understood: boolean schemas, `$ref` within the schema, `const`, `enum`, `allOf` (merged), `anyOf` and `oneOf` (the
 * first branch), `type`, `properties`, `required`, `additionalProperties`, `minProperties`, `items`, `prefixItems`,
 * `minItems`, `maxItems`, `uniqueItems`, the bounds of numbers and `multipleOf`, the lengths of strings, common `format`s.
 * A `pattern` is met where a plain word, number, code or date does. Other keywords are not looked at.
 */
export const fitSchema = (schema: Json, material: Material): Json => {
  const names = [...material.names]
  const numbers = [...material.numbers]
  let values = 0

  const fit = (node: Json, name: string, depth: number): Json => {
    if (depth > maxDepth || ++values > maxValues) return null
    const plain = resolve(node, schema, depth)
    if (plain === null) return fitString({}, name, material, names)
    if (plain['const'] !== undefined) return plain['const']
    const options = plain['enum']
    if (Array.isArray(options)) return mentioned(options, material)
    switch (typeOf(plain)) {
      case 'object':
        return fitObject(plain, depth)
      case 'array':
        return fitArray(plain, name, depth)
      case 'integer':
        return fitNumber(plain, numbers, true)
      case 'number':
        return fitNumber(plain, numbers, false)
      case 'boolean':
        return true
      case 'null':
        return null
      default:
        return fitString(plain, name, material, names)
    }
  }

  const fitObject = (node: JsonObject, depth: number): JsonObject => {
    const properties = asObject(node['properties']) ?? {}
    const required = asArray(node['required']).filter((key) => typeof key === 'string')
    const others = node['additionalProperties'] ?? true
    const keys = new Set([...(depth < fullDepth ? Object.keys(properties) : []), ...required])
    const least = Math.min(asNumber(node['minProperties']) ?? 0, maxSize)
    for (const key of Object.keys(properties)) if (keys.size < least) keys.add(key)
    for (let index = 1; keys.size < least; index++) keys.add(`extra_${index}`)
    // An optional property that nothing can fit is left out.
    const fitting = [...keys].filter((key) => required.includes(key) || properties[key] !== false)
    // fromEntries, because assigning to `__proto__` would not make a property.
    return Object.fromEntries(
      fitting.map((key) => [
        key,
        fit(Object.hasOwn(properties, key) ? (properties[key] ?? true) : others, key, depth + 1),
      ]),
    )
  }

  const fitArray = (node: JsonObject, name: string, depth: number): Json[] => {
    const first = asArray(node['prefixItems'])
    const rest = node['items'] ?? true
    const least = Math.min(asNumber(node['minItems']) ?? 0, maxSize)
    const most = asNumber(node['maxItems']) ?? Number.POSITIVE_INFINITY
    const usual = depth < fullDepth ? Math.max(first.length, rest === false ? 0 : 2) : 0
    const length = Math.max(least, Math.min(usual, most))
    const items: Json[] = []
    const seen = new Set<string>()
    // More turns than items, because a unique array may have to throw some away.
    for (let turn = 0; items.length < length && turn < length + 20; turn++) {
      const item = vary(fit(first[items.length] ?? rest, name, depth + 1), first[items.length] ?? rest, turn)
      if (node['uniqueItems'] === true && seen.has(JSON.stringify(item))) continue
      seen.add(JSON.stringify(item))
      items.push(item)
    }
    return items
  }

  /** Another value of the same kind for a later item, where the schema plainly allows one. */
  const vary = (item: Json, node: Json, turn: number): Json => {
    const plain = resolve(node, schema, 0)
    if (turn === 0 || plain === null) return item
    const options = asArray(plain['enum'])
    if (options.length > 0) return options[turn % options.length] ?? item
    if (typeOf(plain) === 'boolean') return turn % 2 === 0
    if (typeof item === 'number')
      return fitNumber(plain, [item + turn * (asNumber(plain['multipleOf']) ?? 1)], Number.isInteger(item))
    if (typeof item !== 'string' || plain['format'] !== undefined || plain['pattern'] !== undefined) return item
    return fitString(plain, `${item} ${turn + 1}`, { ...material, names: [], keyWords: [] }, [])
  }

  return fit(schema, '', 0)
}

/** The schema without references and alternatives; null where anything goes. */
const resolve = (node: Json, root: Json, depth: number, trail: readonly string[] = []): JsonObject | null => {
  const schema = asObject(node)
  if (schema === null) return null
  const { $ref, allOf, anyOf, oneOf, ...own } = schema
  // A reference that leads back to itself says nothing.
  const reference = typeof $ref === 'string' && !trail.includes($ref) ? $ref : null
  const parts = [
    ...(reference === null ? [] : [pointTo(reference, root)]),
    ...asArray(allOf),
    ...[anyOf, oneOf].flatMap((branches) => asArray(branches).slice(...branchAt(asArray(branches), depth))),
  ]
  const path = reference === null ? trail : [...trail, reference]
  return parts.reduce<JsonObject>((merged, part) => merge(merged, resolve(part, root, depth, path) ?? {}), own)
}

/** Where to cut the chosen branch out: the first one, or deep down one that leads no deeper. */
const branchAt = (branches: readonly Json[], depth: number): [number, number] => {
  const leaf = branches.findIndex((branch) => {
    const type = asObject(branch)?.['type']
    return typeof type === 'string' && type !== 'object' && type !== 'array'
  })
  const at = depth >= fullDepth && leaf >= 0 ? leaf : 0
  return [at, at + 1]
}

const merge = (a: JsonObject, b: JsonObject): JsonObject => ({
  ...a,
  ...b,
  ...(a['properties'] === undefined || b['properties'] === undefined
    ? {}
    : { properties: { ...asObject(a['properties']), ...asObject(b['properties']) } }),
  ...(a['required'] === undefined || b['required'] === undefined
    ? {}
    : { required: [...asArray(a['required']), ...asArray(b['required'])] }),
})

/** Follows a JSON pointer within the schema, `#/$defs/name`; anything goes where it leads nowhere. */
const pointTo = (reference: string, root: Json): Json => {
  if (!reference.startsWith('#')) return true
  const keys = decode(reference.slice(1)).split('/').slice(1)
  return keys.reduce<Json>((node, key) => {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(node)) return node[Number(name)] ?? true
    const object = asObject(node)
    return object !== null && Object.hasOwn(object, name) ? (object[name] ?? true) : true
  }, root)
}

const decode = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

const typeOf = (schema: JsonObject): string => {
  const type = schema['type']
  if (typeof type === 'string') return type
  const first = asArray(type).find((option) => option !== 'null') ?? asArray(type)[0]
  if (typeof first === 'string') return first
  const has = (...keywords: readonly string[]): boolean => keywords.some((keyword) => schema[keyword] !== undefined)
  if (has('properties', 'required', 'additionalProperties', 'minProperties')) return 'object'
  if (has('items', 'prefixItems', 'minItems', 'maxItems')) return 'array'
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) return 'number'
  return 'string'
}

/** The option that the request mentions, else the first. */
const mentioned = (options: readonly Json[], { text }: Material): Json =>
  options.find(
    (option) => typeof option === 'string' && option !== '' && text.toLowerCase().includes(option.toLowerCase()),
  ) ??
  options[0] ??
  null

const asObject = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
const asArray = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])
const asNumber = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null)
