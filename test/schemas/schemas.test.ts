import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { createSchemas } from '../../src/schemas/schemas.ts'

const schemas = createSchemas()
const check = (schema: JsonObject, value: Json) => schemas.compile(schema, 'schema')(value)
const refusal = (schema: JsonObject): GatewayError => {
  try {
    schemas.compile(schema, 'schema')
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown
  }
  throw new Error('This schema was taken')
}

/** `levels` schemas, each made of the one before. */
const nest = (levels: number, around: (inner: JsonObject, level: number) => JsonObject): JsonObject => {
  let schema: JsonObject = { type: 'string' }
  for (let level = 0; level < levels; level++) schema = around(schema, level)
  return schema
}
const definitions = (count: number, define: (index: number) => JsonObject): JsonObject => ({
  $defs: Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, define(index)])),
  $ref: '#/$defs/d0',
})
const refTo = (index: number) => ({ $ref: `#/$defs/d${index}` })

describe('a check', () => {
  test('tells the patterns of a schema apart', () => {
    const schema = { patternProperties: { '^a': { type: 'string' }, b$: { type: 'number' } } }
    expect(check(schema, { a: 'x', b: 1 })).toEqual({ fits: true })
    expect(check(schema, { a: 'x', b: 'y' }).fits).toBe(false)
  })

  const tree: JsonObject = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://example.com/tree',
    $defs: {
      node: {
        type: 'object',
        properties: { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
        required: ['value'],
        additionalProperties: false,
      },
    },
    oneOf: [{ $ref: '#/$defs/node' }, { type: 'null' }],
  }

  test('follows references within the schema, however deep they lead', () => {
    expect(check(tree, { value: 1, children: [{ value: 2, children: [] }] })).toEqual({ fits: true })
    expect(check(tree, null)).toEqual({ fits: true })
    expect(check(tree, { value: 1, children: [{ value: '2' }] })).toMatchObject({
      fits: false,
      misfits: [{ pointer: '/children/0/value', message: 'must be number' }, {}, {}],
    })
  })

  test('tells every misfit, and names what is too much', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { enum: [1, 2] } },
      additionalProperties: false,
    }
    expect(check(schema, { a: 1, b: 3, c: 0 })).toEqual({
      fits: false,
      misfits: [
        { pointer: '', message: 'must NOT have additional properties: "c"' },
        { pointer: '/a', message: 'must be string' },
        { pointer: '/b', message: 'must be equal to one of the allowed values: [1,2]' },
      ],
    })
  })

  test.each<[string, JsonObject, Json, boolean]>([
    ['a date that is none', { format: 'date' }, '2026-02-30', false],
    ['a format that nobody knows', { format: 'zip' }, '?', true],
    ['properties of every object, which this one lacks', { required: ['toString'] }, {}, false],
    ['code points, not units', { maxLength: 1 }, '😀', true],
    [
      'items that are the same in another order of keys',
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      false,
    ],
    ['numbers beside texts that look like them', { uniqueItems: true }, [1, '1'], true],
    ['a pattern that matches anywhere', { pattern: '\\d{2}' }, 'a12b', true],
    ['letters of every alphabet', { pattern: '^\\p{L}+$' }, 'Größe', true],
    ['a keyword by the name of ours', { $meter: 1, type: 'number' }, 'a', false],
    ['what was neither named nor seen', { properties: { a: {} }, unevaluatedProperties: false }, { b: 1 }, false],
    ['an array too short for what is before the rest', { prefixItems: [{}], contains: {} }, [], false],
    ['null where OpenAPI allows it', { type: 'string', nullable: true }, null, true],
  ])('judges %s', (_what, schema, value, fits) => {
    expect(check(schema, value).fits).toBe(fits)
  })
})

test('a schema is compiled once, however its keys are ordered', () => {
  const once = schemas.compile({ type: 'object', required: ['a'], title: 'once' }, 'schema')
  expect(schemas.compile({ title: 'once', required: ['a'], type: 'object' }, 'json_schema')).toBe(once)
})

describe('a schema is refused', () => {
  const exploding = definitions(31, (index) => (index < 30 ? { allOf: [refTo(index + 1), refTo(index + 1)] } : {}))
  const manyPatterns = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`a{0,${900 + (n % 100)}}${n}`, {}]))

  test.each<[string, JsonObject, string]>([
    ['that is none', { properties: { a: { type: 'strnig' } } }, 'schema.properties.a.type'],
    ['of an older draft where it reads otherwise', { items: [{ type: 'string' }] }, 'schema.items'],
    ['that leads to another place', { items: { $ref: 'https://example.com/x.json' } }, 'schema.items.$ref'],
    ['that leads to a file', { $ref: 'file:///etc/passwd' }, 'schema.$ref'],
    ['that leads nowhere', { $ref: '#/$defs/x' }, 'schema.$ref'],
    ['that leads into what is no schema', { enum: [{ type: 'string' }], $ref: '#/enum/0' }, 'schema.$ref'],
    ['that takes another name within', { $defs: { a: { $id: 'https://example.com/a' } } }, 'schema.$defs.a.$id'],
    ['that depends on who refers to it', { $dynamicRef: '#a' }, 'schema.$dynamicRef'],
    ['that is itself', { $ref: '#' }, 'schema'],
    ['that goes in a circle', { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { not: { $ref: '#' } } } }, 'schema'],
    ['that explodes', exploding, 'schema.$defs.d19'],
    ['that nests too deep', nest(65, (inner) => ({ properties: { a: inner } })), `schema${'.properties.a'.repeat(65)}`],
    ['that has too many parts', { anyOf: Array.from({ length: 1_001 }, () => ({})) }, 'schema.anyOf.999'],
    ['that has too many values', { enum: Array.from({ length: 20_001 }, (_, n) => n) }, 'schema'],
    ['that is too long', { description: 'x'.repeat(600_000) }, 'schema'],
    ['whose pattern is none', { pattern: '(' }, 'schema'],
    ['whose pattern looks ahead', { pattern: '^(?=a)b' }, 'schema'],
    ['whose pattern refers back', { pattern: '(a)\\1' }, 'schema'],
    ['whose pattern is a bomb of repetitions', { pattern: '.{0,1000}'.repeat(200) }, 'schema.pattern'],
    ['whose patterns are one together', { patternProperties: manyPatterns }, ''],
  ])('%s', (_what, schema, param) => {
    const error = refusal(schema)
    expect(error).toMatchObject({ code: 'invalid_request', status: 400 })
    if (param !== '') expect(error.detail.param).toBe(param)
  })

  test('as often as it comes: what was refused is not kept', () => {
    expect(refusal({ $ref: '#/x' }).message).toBe(refusal({ $ref: '#/x' }).message)
  })

  test('where its references are a chain longer than the stack', () => {
    const chain = definitions(480, (index) => ({ properties: { a: refTo((index + 1) % 480) } }))
    expect(refusal(chain)).toMatchObject({ code: 'invalid_request' })
  })
})

describe('a check ends, whatever schema and value', () => {
  const branches = { type: 'array', items: { $ref: '#/$defs/a' }, minItems: 1 }
  const doubling: JsonObject = { $defs: { a: { anyOf: [branches, branches, { const: 'x' }] } }, $ref: '#/$defs/a' }
  const deep = (levels: number): Json => {
    let value: Json = []
    for (let level = 0; level < levels; level++) value = [value]
    return value
  }

  test.each<[string, JsonObject, Json, boolean | null]>([
    ['recursion that doubles with each level', doubling, deep(60), null],
    [
      'a value deeper than the stack',
      { $defs: { a: { items: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' },
      deep(50_000),
      null,
    ],
    ['an expression that backtracks for ever', { pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}!`, false],
    ['the same on names', { patternProperties: { '^(x+x+)+y$': false } }, { ['x'.repeat(5_000)]: 1 }, true],
    ['a large expression on a long text', { pattern: '^.{0,999}.{0,999}z$' }, 'a'.repeat(400_000), null],
    ['a format on a long text', { format: 'email' }, `${'a'.repeat(400_000)}@`, null],
    ['many items, each to be the only one', { uniqueItems: true }, Array.from({ length: 50_000 }, (_, n) => n), true],
    [
      'many texts to be measured',
      { anyOf: Array.from({ length: 900 }, (_, n) => ({ type: 'string', minLength: 1_000_000 + n })) },
      'é'.repeat(400_000),
      null,
    ],
    [
      'many values to be compared with many',
      { items: { enum: Array.from({ length: 10_000 }, (_, n) => `value ${n}`) } },
      Array.from({ length: 10_000 }, () => 'value 9999'),
      null,
    ],
  ])('%s', (_what, schema, value, fits) => {
    expect(check(schema, value).fits).toBe(fits)
  })
})

const name = fc.constantFrom('a', 'b', 'c')
const count = fc.integer({ min: 0, max: 3 })
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, 0, 1, 2.5, -1, '', 'a', 'ab', 'é', '2026-11-21'),
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }).map((fields): Json => ({ ...fields })),
  ),
})).value

/** At the top alone: the other validator takes `[]` and `{}` for the same where it compares values. */
const answers = fc.array(fc.oneof({ weight: 4, arbitrary: json }, fc.constant([]), fc.constant({})), {
  minLength: 1,
  maxLength: 5,
})

const schemaArbitrary = fc.letrec<{ schema: Json }>((tie) => {
  const some = fc.array(tie('schema'), { minLength: 1, maxLength: 3 })
  const named = fc.dictionary(name, tie('schema'), { maxKeys: 2 }).map((fields) => ({ ...fields }))
  const ref = fc.constantFrom({ $ref: '#/$defs/list' }, { $ref: '#/$defs/leaf' })
  const keywords = fc.record(
    {
      type: fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null'),
      properties: named,
      required: fc.uniqueArray(name, { maxLength: 2 }),
      additionalProperties: tie('schema'),
      patternProperties: fc
        .dictionary(fc.constantFrom('^a', 'b$', '.'), tie('schema'), { maxKeys: 2 })
        .map((f) => ({ ...f })),
      propertyNames: tie('schema'),
      minProperties: count,
      maxProperties: count,
      items: tie('schema'),
      prefixItems: some,
      contains: tie('schema'),
      minItems: count,
      maxItems: count,
      uniqueItems: fc.boolean(),
      minLength: count,
      maxLength: count,
      pattern: fc.constantFrom('^a', '[0-9]', '^.{1,2}$'),
      format: fc.constantFrom('date', 'ipv4'),
      minimum: count,
      exclusiveMaximum: count,
      multipleOf: fc.constantFrom(1, 2, 0.5),
      enum: fc.array(json, { minLength: 1, maxLength: 3 }),
      const: json,
      allOf: some,
      anyOf: some,
      oneOf: some,
      ...Object.fromEntries(['not', 'if', 'then', 'else'].map((keyword) => [keyword, tie('schema')])),
      dependentRequired: fc.constant({ a: ['b'] }),
    },
    { requiredKeys: [] },
  )
  // Few keywords each: with many nothing ever fits.
  const few = fc.tuple(keywords, fc.array(fc.nat(40), { minLength: 1, maxLength: 3 })).map(([all, picks]): Json => {
    const entries = Object.entries(all)
    const chosen = picks
      .map((pick) => entries[pick % Math.max(1, entries.length)])
      .filter((entry) => entry !== undefined)
    const made: JsonObject = JSON.parse(JSON.stringify(Object.fromEntries(chosen)))
    return made
  })
  return { schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), ref, few) }
}).schema

const leaf: JsonObject = { type: ['string', 'number'] }
const list: JsonObject = { type: 'array', items: { anyOf: [{ $ref: '#/$defs/leaf' }, { $ref: '#/$defs/list' }] } }

describe('generated schemas', () => {
  const second = new CfWorkerJsonSchemaValidator({ draft: '2020-12', shortcircuit: true })

  test('are judged as by a validator of another make', () => {
    let fitting = 0
    fc.assert(
      fc.property(schemaArbitrary, answers, (body, values) => {
        const schema: JsonObject = { allOf: [body], $defs: { leaf, list } }
        const judge = schemas.compile(schema, 'schema')
        const other = second.getValidator(structuredClone(schema))
        for (const value of values) {
          const { fits } = judge(value)
          expect(fits, JSON.stringify({ schema, value })).toBe(other(value).valid)
          if (fits) fitting += 1
        }
      }),
      { numRuns: 200 },
    )
    expect(fitting).toBeGreaterThan(50)
  })

  test('are taken or refused with the path of the fault, and nothing else is ever thrown', () => {
    const junk = fc.dictionary(
      fc.constantFrom(
        'type',
        '$ref',
        'items',
        'properties',
        'allOf',
        'not',
        '$defs',
        'pattern',
        'enum',
        '$id',
        '$anchor',
        'then',
      ),
      fc.oneof(json, schemaArbitrary, fc.constantFrom('#', '#/$defs/a', '#a', '(', '\\', 'string', 'a\u2028"]')),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(junk, json, (schema, value) => {
        try {
          expect(schemas.compile({ ...schema }, 'schema')(value)).toHaveProperty('fits')
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError)
          expect(thrown).toMatchObject({ code: 'invalid_request', detail: { param: expect.stringMatching(/^schema/) } })
        }
      }),
      { numRuns: 200 },
    )
  })
})
