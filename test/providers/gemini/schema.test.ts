import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/contract/json.ts'
import { sanitiseSchema } from '../../../src/providers/gemini/schema.ts'
import { write } from './write.ts'

const sanitised = (schema: JsonObject): { schema: JsonObject; dropped: string[] } => {
  const dropped = new Set<string>()
  return { schema: sanitiseSchema(schema, dropped), dropped: [...dropped] }
}

describe('12: the keywords that Gemini reads in a schema', () => {
  test('are left as they are, at every depth', () => {
    const schema: JsonObject = {
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, title: 'Node' } },
      type: 'object',
      description: 'All of it.',
      properties: {
        kind: { type: 'string', enum: ['a', 'b'], default: 'a' },
        sure: { enum: [true, false] },
        when: { type: ['string', 'null'], format: 'date-time' },
        pair: { type: 'array', prefixItems: [{ type: 'number' }], items: { type: 'integer', minimum: 1, maximum: 2 } },
        either: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/node' }], title: 'Either' },
        one: { oneOf: [{ type: 'string' }, { type: 'number' }] },
        open: { type: 'object', additionalProperties: { type: 'string' } },
      },
      required: ['kind'],
      additionalProperties: false,
      propertyOrdering: ['kind', 'when'],
    }
    expect(sanitised(schema)).toEqual({ schema, dropped: [] })
  })

  test('stand for others that say the same', () => {
    expect(
      sanitised({
        definitions: { a: { type: 'string', nullable: true } },
        type: 'object',
        properties: {
          fixed: { const: 'x' },
          named: { $ref: '#/definitions/a', description: 'Beside a reference.' },
          all: { allOf: [{ $ref: '#/definitions/a' }] },
          old: { type: 'array', items: [{ type: 'string' }] },
          any: true,
        },
      }),
    ).toEqual({
      schema: {
        $defs: { a: { type: ['string', 'null'] } },
        type: 'object',
        properties: {
          fixed: { enum: ['x'] },
          named: { description: 'Beside a reference.', anyOf: [{ $ref: '#/$defs/a' }] },
          all: { $ref: '#/$defs/a' },
          old: { type: 'array', prefixItems: [{ type: 'string' }] },
          any: {},
        },
      },
      dropped: [],
    })
  })

  test('others are left out: those that constrain aloud, those that only tell in silence', () => {
    const told = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $comment: 'c',
      examples: ['a'],
      'x-order': 1,
    }
    const { schema, dropped } = sanitised({ ...told, type: 'string', pattern: '^a', minLength: 2, not: { const: 'b' } })
    expect(schema).toEqual({ type: 'string' })
    expect(dropped).toEqual(['pattern', 'minLength', 'not'])
    const parameters = { type: 'object', properties: { pattern: { type: 'string', pattern: '^a' } } }
    const { body, warnings, messages } = write({
      tools: [
        { name: 'a', parameters },
        { name: 'b', parameters: { type: 'object', minProperties: 1 } },
      ],
      responseFormat: { type: 'json_schema', name: 'x', schema: { type: 'string', maxLength: 3 } },
    })
    expect(JSON.stringify(body)).toContain('"properties":{"pattern":{"type":"string"}}')
    expect(warnings).toEqual(['changed_parameter response_format', 'changed_parameter tools'])
    expect(messages[0]).toContain('maxLength')
    expect(messages[1]).toContain('minProperties, pattern')
  })

  test('whatever a schema holds, nothing else comes out, and cleaning what is clean changes nothing', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'items',
      'anyOf',
      'allOf',
      '$ref',
      '$defs',
      'const',
      'nullable',
      'pattern',
      'default',
      'x-a',
      'enum',
    )
    const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
      schema: fc.dictionary(
        keyword,
        fc.oneof(
          { depthSize: 'small' },
          fc.constantFrom('string', true, null, 3),
          fc.array(tie('schema'), { maxLength: 2 }),
          tie('schema'),
        ),
        { maxKeys: 4 },
      ),
    }))
    fc.assert(
      fc.property(schema, (given) => {
        const once = sanitised(given).schema
        expect(sanitised(once)).toEqual({ schema: once, dropped: [] })
        expect(Object.keys(once)).not.toContain('pattern')
      }),
    )
  })
})
