import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { describedSchema } from './openai-schema.ts'

/** Values that a schema of OpenAI's description allows; small ones, for it is their variety that finds faults. */
export const schemaArbitrary = (name: string): fc.Arbitrary<Json> => {
  const known = byName.get(name)
  if (known) return known
  const made = arbitraryOf(describedSchema(name))
  byName.set(name, made)
  return made
}
const byName = new Map<string, fc.Arbitrary<Json>>()

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const objectsOf = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])
const numberOf = (value: Json | undefined, otherwise: number): number => (typeof value === 'number' ? value : otherwise)

const anyJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 2 })
  .map((value): Json => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')))

const arbitraryOf = (schema: JsonObject): fc.Arbitrary<Json> => {
  const { $ref, allOf, type } = schema
  if (typeof $ref === 'string') return schemaArbitrary($ref.split('/').at(-1) ?? '')
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  if (Array.isArray(allOf)) {
    const parts = [...objectsOf(allOf), ...(schema.properties ? [{ ...schema, allOf: false }] : [])]
    return parts.length === 1
      ? arbitraryOf(parts[0] ?? {})
      : fc.tuple(...parts.map(arbitraryOf)).map((made) => Object.assign({}, ...made.filter(isObject)))
  }
  const choices = [...objectsOf(schema.oneOf), ...objectsOf(schema.anyOf)]
  if (choices.length > 0) return fc.oneof(...choices.map(arbitraryOf))
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => arbitraryOf({ ...schema, type: one })))
  switch (type) {
    case 'object':
      return objectArbitrary(schema)
    case 'array': {
      const minLength = numberOf(schema.minItems, 0)
      const items = isObject(schema.items) ? arbitraryOf(schema.items) : anyJson
      return fc.array(items, { minLength, maxLength: Math.min(numberOf(schema.maxItems, 3), minLength + 2) })
    }
    case 'string':
      return stringArbitrary(schema)
    case 'integer':
      return fc.integer({ min: numberOf(schema.minimum, -2), max: Math.min(numberOf(schema.maximum, 5000), 5000) })
    case 'number':
      return fc.double({ min: numberOf(schema.minimum, -10), max: numberOf(schema.maximum, 10), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return isObject(schema.properties) ? objectArbitrary(schema) : anyJson
  }
}

const objectArbitrary = ({ properties, required, additionalProperties }: JsonObject): fc.Arbitrary<Json> => {
  if (!isObject(properties)) {
    const value = isObject(additionalProperties) ? arbitraryOf(additionalProperties) : anyJson
    return fc.dictionary(
      fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== '__proto__'),
      value,
      {
        maxKeys: 3,
      },
    )
  }
  const fields = Object.entries(properties).map(([name, field]) => {
    const value = isObject(field) ? arbitraryOf(field) : anyJson
    const isRequired = Array.isArray(required) && required.includes(name)
    // A field in four: with more of them one hides the other's fault.
    return (isRequired ? value : fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, value)).map(
      (made) => [name, made] as const,
    )
  })
  return fc
    .tuple(...fields)
    .map((made) => Object.fromEntries(made.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))))
}

const addresses = ['https://example.com/a.png', 'data:image/png;base64,aGVsbG8=', 'https://[::1]/', 'nowhere']

const stringArbitrary = ({ format, minLength, maxLength }: JsonObject): fc.Arbitrary<Json> => {
  if (format === 'uri') return fc.constantFrom(...addresses)
  const length = { minLength: numberOf(minLength, 0), maxLength: Math.min(numberOf(maxLength, 12), 12) }
  return fc.oneof(fc.string(length), fc.string({ ...length, unit: 'grapheme' }), fc.constantFrom('add', 'a-1', 'text'))
}
