import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Json, JsonObject } from '../../../src/contract/json.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import {
  describedFields,
  openaiSchemaAvailable,
  validateChatRequest,
  validateCompletionRequest,
  validateEmbeddingRequest,
  validateResponseRequest,
} from '../../support/openai-schema.ts'
import { schemaArbitrary } from '../../support/schema-arbitrary.ts'

// The form of every reply is looked at besides: test/support/every-reply.ts.

let it: TestApp
beforeAll(async () => {
  it = await startApp()
})
afterAll(() => it[Symbol.asyncDispose]())

// OpenAI gives JSON to those only who say the word.
const hello = [{ role: 'user', content: 'Say hello in JSON.' }]

interface Surface {
  path: string
  /** What OpenAI calls a request of it. */
  schema: string
  validate: (request: unknown) => readonly string[]
  /** Where what is said stands, and something to say there. */
  said: string
  hello: Json
  /** The first of them takes whatever is said. */
  models: readonly [string, ...string[]]
}

const models = [
  'gpt-4o',
  'gpt-6-luna',
  'claude-sonnet-4-6',
  'claude-haiku-5-5',
  'openai-compatible:house-1',
  'auto',
] as const

const surfaces: Surface[] = [
  {
    path: '/v1/chat/completions',
    schema: 'CreateChatCompletionRequest',
    validate: validateChatRequest,
    said: 'messages',
    hello,
    models,
  },
  { path: '/v1/responses', schema: 'CreateResponse', validate: validateResponseRequest, said: 'input', hello, models },
  {
    path: '/v1/completions',
    schema: 'CreateCompletionRequest',
    validate: validateCompletionRequest,
    said: 'prompt',
    hello: 'Say hello in JSON.',
    models,
  },
  {
    path: '/v1/embeddings',
    schema: 'CreateEmbeddingRequest',
    validate: validateEmbeddingRequest,
    said: 'input',
    hello: 'Hello.',
    models: ['text-embedding-3-small', 'text-embedding-ada-002', 'openai-compatible:house-2', 'auto'],
  },
]
const refusal = z.object({ error: z.object({ code: z.string(), param: z.string().nullable(), message: z.string() }) })

interface Outcome {
  status: number
  /** Null when it was answered; the stream's own error counts. */
  error: z.infer<typeof refusal>['error'] | null
}

const send = async (path: string, body: string | Uint8Array<ArrayBuffer>): Promise<Outcome> => {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  const reply = await fetch(it.url + path, { method: 'POST', headers, body })
  const text = await reply.text()
  const error = piecesOf(text).find((piece) => piece.startsWith('{"error"') || piece.startsWith('{"type":"error"'))
  return { status: reply.status, error: error === undefined ? null : refusal.parse(JSON.parse(error)).error }
}

/** The data of a stream's events, or the one piece that a reply is. */
const piecesOf = (text: string): string[] =>
  /^(?:data|event|): /.test(text)
    ? text.split('\n\n').map((event) => event.replace(/^(?:event: .*\n)?data: /, ''))
    : [text]

/** The request without what a refusal names. A conversation loses the turn at fault, and is never left empty. */
const without = (request: JsonObject, param: string, surface: Surface): JsonObject => {
  const [, field = '', index] = /^(\w+)(?:\[(\d+)\])?/.exec(param) ?? []
  if (field === 'model') return { ...request, model: surface.models[0] }
  const { [field]: dropped, ...rest } = request
  if (field !== surface.said) return rest
  const turns = index === undefined || !Array.isArray(dropped) ? [] : dropped.toSpliced(Number(index), 1)
  return { ...rest, [field]: turns.length === 0 ? surface.hello : turns }
}

const where = openaiSchemaAvailable ? '' : ' (skipped: ../shared/data/openai-openapi.json is absent)'

describe.skipIf(!openaiSchemaAvailable).each(surfaces)(`$path as OpenAI describes it${where}`, (surface) => {
  const { path, schema, validate, said, models: known } = surface

  test('any request is answered, once it is rid of what each refusal names', async () => {
    const requests = fc
      .tuple(schemaArbitrary(schema), fc.constantFrom(...known))
      .map(([request, model]): JsonObject => ({
        [said]: surface.hello,
        ...z.record(z.string(), z.custom<Json>()).parse(request),
        model,
      }))
      .filter((request) => validate(request).length === 0)
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        let request: JsonObject = asked
        const refused: string[] = []
        for (;;) {
          const { status, error } = await send(path, JSON.stringify(request))
          if (error === null) {
            expect(status).toBe(200)
            return
          }
          // Any schema, and any bound on the answer's length: nothing may fit them.
          if (error.code === 'structured_output_invalid') return
          expect(status, error.message).toBeLessThan(500)
          expect(error.param, `${error.code}: ${error.message}`).not.toBeNull()
          const rest = without(request, error.param ?? '', surface)
          refused.push(error.param ?? '')
          expect(rest, `${refused.join(', ')}: ${error.message}`).not.toEqual(request)
          request = rest
        }
      }),
      { numRuns: 100 },
    )
  })

  test('junk in one field is answered all the same or refused by the name of that field', async () => {
    const junk = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(-1, 1e308, 2 ** 53, '', ' ', '\0', '\ud800', [], {}, [null], [[]], { type: null }),
    )
    const fields = fc.constantFrom(
      ...describedFields(schema),
      'reasoning',
      'requirements',
      'provider',
      'fallbacks',
      'use_cache',
      'cache_ttl',
      'vendor',
    )
    await fc.assert(
      fc.asyncProperty(fields, junk, fc.constantFrom(...known), async (field, value, model) => {
        const text = JSON.stringify({ model, [said]: surface.hello, [field]: value }).replaceAll('__proto__', 'proto')
        const { status, error } = await send(path, text)
        expect(status, error?.message).toBeLessThan(500)
        if (error) expect(error.param, `${text} ${error.code}: ${error.message}`).toMatch(new RegExp(`^${field}\\b`))
      }),
      { numRuns: 300 },
    )
  })
})

test.each(surfaces)(
  '$path refuses a malformed body as such, whatever is wrong with it',
  async ({ path, said, hello: something, models: known }) => {
    const whole = JSON.stringify({ model: known[0], [said]: something })
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.nat({ max: whole.length - 1 }).map((length) => whole.slice(0, length)),
      fc.json({ maxDepth: 3 }),
      fc.integer({ min: 201, max: 5_000 }).map((depth) => `{"${said}":${'['.repeat(depth)}${']'.repeat(depth)}}`),
      fc.constantFrom('null', '[]', '""', '{"__proto__":{}}', `${whole}${whole}`, '\ufeff'),
    )
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status, error } = await send(path, body)
        expect(status).toBe(400)
        expect(error?.code).toMatch(/^invalid_(?:json|request)$/)
      }),
      { numRuns: 200 },
    )
  },
)
