import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { fitSchema } from '../../src/sandbox/fit-schema.ts'
import { readMaterial } from '../../src/sandbox/material.ts'

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajvFormats.default(ajv)

const problems = (schema: JsonObject | boolean, value: Json): unknown[] => {
  const validate = ajv.compile(schema)
  return validate(value) ? [] : (validate.errors ?? [])
}

const material = readMaterial('Book a table for 4 in Paris, then travel to "New York" on day 17.')
const fit = (schema: Json): Json => fitSchema(schema, material)

describe('fitSchema', () => {
  test('fills a schema from the request: names, numbers, options, prose', () => {
    expect(
      fit({
        type: 'object',
        properties: {
          from: { type: 'string' },
          to: { type: 'string' },
          guests: { type: 'integer', minimum: 1, maximum: 8 },
          day: { type: 'integer' },
          kind: { enum: ['hotel', 'table'] },
          query: { type: 'string' },
        },
      }),
    ).toEqual({
      from: 'Paris',
      to: 'New York',
      guests: 4,
      day: 17,
      kind: 'table',
      query: 'Book a table for 4 in Paris, then travel to "New York" on day 17.',
    })
  })

  const cases: Readonly<Record<string, JsonObject>> = {
    'a recursive schema': {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
      required: ['name', 'children'],
      additionalProperties: false,
    },
    'a recursive alternative': {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['value', 'next'],
        },
      },
    },
    'merged schemas': {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'boolean' } }, required: ['b'] },
      ],
    },
    'a nullable type': { type: ['null', 'string'], minLength: 3 },
    'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 },
    'a unique array': { type: 'array', items: { type: 'string' }, minItems: 5, uniqueItems: true },
    'a property called __proto__': JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"integer"}},"required":["__proto__"]}',
    ),
    'a required property without a schema': { type: 'object', required: ['anything'] },
    'a closed range of fractions': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 },
    'a grid': { type: 'integer', minimum: 100, multipleOf: 7 },
    'a simple pattern': { type: 'string', pattern: '^[A-Z]{2}-\\d{3}$' },
    'characters outside the basic plane': { type: 'string', minLength: 2, maxLength: 4 },
  }
  test.each(Object.entries(cases))('fits %s', (_name, schema) => {
    expect(problems(schema, fit(schema))).toEqual([])
  })

  test.each(['date', 'date-time', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'])(
    'knows the format %s',
    (format) => expect(problems({ type: 'string', format }, fit({ type: 'string', format }))).toEqual([]),
  )

  test.each<[string, JsonObject]>([
    ['a reference to itself', { $ref: '#' }],
    ['references that double each other', { allOf: [{ $ref: '#' }, { $ref: '#' }] }],
    [
      'an object that needs two of its own kind',
      { type: 'object', properties: { a: { $ref: '#' }, b: { $ref: '#' } }, required: ['a', 'b'] },
    ],
    ['a billion items', { type: 'array', items: { type: 'integer' }, minItems: 1e9 }],
    ['a billion properties', { type: 'object', minProperties: 1e9 }],
    ['a billion characters', { type: 'string', minLength: 1e9 }],
    ['a broken reference', { $ref: '#/%zz/constructor' }],
  ])('comes to an end with %s', (_name, schema) => {
    expect(JSON.stringify(fit(schema)).length).toBeLessThan(2_000_000)
  })

  test('fits whatever schema is built from the usual keywords', () => {
    fc.assert(
      fc.property(anySchema, fc.string({ unit: 'grapheme' }), (schema, ask) => {
        expect(problems(schema, fitSchema(schema, readMaterial(ask)))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('gives the same value for the same schema and request', () => {
    fc.assert(
      fc.property(anySchema, fc.string(), (schema, ask) => {
        expect(fitSchema(schema, readMaterial(ask))).toEqual(fitSchema(schema, readMaterial(ask)))
      }),
    )
  })
})

const range = (most: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.integer({ min: 0, max: most }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)])

const { schema: plainSchema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<JsonObject>({ type: 'boolean' }, { type: 'null' }, {}, { const: { a: [1] } }, { type: 'string' }),
    fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((options) => ({ enum: options })),
    range(30).map(([minLength, maxLength]) => ({ type: 'string', minLength, maxLength })),
    range(1000).map(([minimum, maximum]) => ({ type: 'integer', minimum: minimum - 500, maximum: maximum - 500 })),
    range(1000).map(([low, high]) => ({ type: 'number', exclusiveMinimum: low, exclusiveMaximum: high + 1 })),
    fc.integer({ min: 1, max: 50 }).map((multipleOf) => ({ type: 'integer', minimum: 3, multipleOf })),
    fc.record({ items: tie('schema'), bounds: range(4) }).map(({ items, bounds: [minItems, maxItems] }) => ({
      type: 'array',
      items,
      minItems,
      maxItems,
    })),
    fc
      .record({
        properties: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('schema'), { maxKeys: 4 }),
        take: fc.integer({ min: 0, max: 4 }),
        closed: fc.boolean(),
      })
      .map(({ properties, take, closed }) => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, take),
        additionalProperties: !closed,
      })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
  ),
}))

/** A schema, or one that another refers to. */
const anySchema = fc.oneof(
  plainSchema,
  fc.tuple(plainSchema, plainSchema).map(([inner, other]): JsonObject => ({
    $defs: { inner },
    type: 'object',
    properties: { a: { $ref: '#/$defs/inner' }, b: other },
    required: ['a'],
  })),
)
