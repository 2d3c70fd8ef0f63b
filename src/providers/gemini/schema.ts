import type { Json, JsonObject } from '../../contract/json.ts'
import { listOf, objectOf, textOf } from '../shape.ts'

/** Keywords that Gemini reads in a JSON schema and whose values are no schemas (ai.google.dev, structured output). */
const plainKeywords: ReadonlySet<string> = new Set([
  '$anchor',
  '$id',
  '$ref',
  'default',
  'description',
  'enum',
  'format',
  'maxItems',
  'maximum',
  'minItems',
  'minimum',
  'propertyOrdering',
  'required',
  'title',
  'type',
])

/** Keywords that only tell about a schema: nobody misses them. */
const annotations: ReadonlySet<string> = new Set([
  '$comment',
  '$schema',
  'deprecated',
  'example',
  'examples',
  'externalDocs',
  'readOnly',
  'writeOnly',
  'xml',
])

/**
 * A schema in the keywords that Gemini reads; `dropped` gathers the constraints that it loses. What another keyword says
 * as well is said by that: `const` by `enum`, `nullable` by a type, `definitions` by `$defs`, one `allOf` by itself.
 */
export const sanitiseSchema = (schema: JsonObject, dropped: Set<string>): JsonObject => {
  const kept: JsonObject = {}
  for (const [keyword, value] of Object.entries(schema)) {
    const written = writeKeyword(keyword, value, dropped)
    if (written) Object.assign(kept, written)
    else if (!annotations.has(keyword) && !keyword.startsWith('x-')) dropped.add(keyword)
  }
  if (schema.nullable === true && typeof kept.type === 'string') kept.type = [kept.type, 'null']
  return apart(kept)
}

const writeKeyword = (keyword: string, value: Json, dropped: Set<string>): JsonObject | null => {
  switch (keyword) {
    case '$ref':
      return { $ref: textOf(value).replace(/^#\/definitions\//, '#/$defs/') }
    case '$defs':
    case 'definitions':
      return { $defs: schemasByName(value, dropped) }
    case 'properties':
      return { properties: schemasByName(value, dropped) }
    case 'items':
      return Array.isArray(value) ? { prefixItems: subschemas(value, dropped) } : { items: subschema(value, dropped) }
    case 'additionalProperties':
      return { additionalProperties: typeof value === 'boolean' ? value : subschema(value, dropped) }
    case 'prefixItems':
    case 'anyOf':
    case 'oneOf':
      return { [keyword]: subschemas(value, dropped) }
    case 'allOf':
      return Array.isArray(value) && value.length === 1 ? (subschemas(value, dropped)[0] ?? {}) : null
    case 'const':
      return typeof value === 'string' || typeof value === 'number' ? { enum: [value] } : null
    case 'nullable':
      return {}
    default:
      return plainKeywords.has(keyword) ? { [keyword]: value } : null
  }
}

const subschema = (value: Json, dropped: Set<string>): JsonObject => {
  if (value === false) dropped.add('false')
  return sanitiseSchema(objectOf(value) ?? {}, dropped)
}

const subschemas = (value: Json, dropped: Set<string>): JsonObject[] =>
  listOf(value).map((entry) => subschema(entry, dropped))

const schemasByName = (value: Json, dropped: Set<string>): JsonObject =>
  Object.fromEntries(Object.entries(objectOf(value) ?? {}).map(([name, schema]) => [name, subschema(schema, dropped)]))

/** Beside `$ref` Gemini takes nothing but other keywords with a `$`: the reference then stands by itself, in an `anyOf`. */
const apart = (schema: JsonObject): JsonObject => {
  const { $ref, ...rest } = schema
  if ($ref === undefined || Object.keys(rest).every((keyword) => keyword.startsWith('$'))) return schema
  return { ...rest, anyOf: [{ $ref }] }
}
