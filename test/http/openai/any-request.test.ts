import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Json, JsonObject } from '../../../src/contract/json.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { describedFields, openaiSchemaAvailable, validateChatRequest } from '../../support/openai-schema.ts'
import { schemaArbitrary } from '../../support/schema-arbitrary.ts'

// The form of every reply is looked at besides: test/support/every-reply.ts.

let it: TestApp
beforeAll(async () => {
  it = await startApp()
})
afterAll(() => it[Symbol.asyncDispose]())

// OpenAI gives JSON to those only who say the word.
const hello = [{ role: 'user', content: 'Say hello in JSON.' }]
const refusal = z.object({ error: z.object({ code: z.string(), param: z.string().nullable(), message: z.string() }) })

interface Outcome {
  status: number
  /** Null when it was answered; the stream's own error counts. */
  error: z.infer<typeof refusal>['error'] | null
}

const send = async (body: string | Uint8Array<ArrayBuffer>): Promise<Outcome> => {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  const reply = await fetch(`${it.url}/v1/chat/completions`, { method: 'POST', headers, body })
  const text = await reply.text()
  const isStream = text.startsWith('data: ') || text.startsWith(': ')
  const last = isStream ? (text.trimEnd().split('\n\n').at(-1)?.slice('data: '.length) ?? '') : text
  const error = last === '[DONE]' ? undefined : refusal.safeParse(JSON.parse(last)).data?.error
  return { status: reply.status, error: error ?? null }
}

/** The request without what a refusal names. A conversation loses the turn at fault, and is never left empty. */
const without = (request: JsonObject, param: string): JsonObject => {
  const [, field = '', index] = /^(\w+)(?:\[(\d+)\])?/.exec(param) ?? []
  if (field === 'model') return { ...request, model: 'gpt-4o' }
  const { [field]: dropped, ...rest } = request
  if (field !== 'messages' || !Array.isArray(dropped)) return rest
  const messages = index === undefined ? [] : dropped.toSpliced(Number(index), 1)
  return { ...rest, messages: messages.length === 0 ? hello : messages }
}

const models = ['gpt-4o', 'gpt-6-luna', 'claude-sonnet-4-6', 'claude-haiku-5-5', 'openai-compatible:house-1', 'auto']
const where = openaiSchemaAvailable ? '' : ' (skipped: ../shared/data/openai-openapi.json is absent)'

describe.skipIf(!openaiSchemaAvailable)(`as OpenAI describes it${where}`, () => {
  test('any request is answered, once it is rid of what each refusal names', async () => {
    const requests = fc
      .tuple(schemaArbitrary('CreateChatCompletionRequest'), fc.constantFrom(...models))
      .map(([request, model]): JsonObject => ({ ...z.record(z.string(), z.custom<Json>()).parse(request), model }))
      .filter((request) => validateChatRequest(request).length === 0)
    await fc.assert(
      fc.asyncProperty(requests, async (asked) => {
        let request: JsonObject = asked
        const refused: string[] = []
        for (;;) {
          const { status, error } = await send(JSON.stringify(request))
          if (error === null) {
            expect(status).toBe(200)
            return
          }
          // Any schema, and any bound on the answer's length: nothing may fit them.
          if (error.code === 'structured_output_invalid') return
          expect(status, error.message).toBeLessThan(500)
          expect(error.param, `${error.code}: ${error.message}`).not.toBeNull()
          const rest = without(request, error.param ?? '')
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
      ...describedFields('CreateChatCompletionRequest'),
      'reasoning',
      'requirements',
      'provider',
      'fallbacks',
      'use_cache',
      'cache_ttl',
      'vendor',
    )
    await fc.assert(
      fc.asyncProperty(fields, junk, fc.constantFrom(...models), async (field, value, model) => {
        const text = JSON.stringify({ model, messages: hello, [field]: value }).replaceAll('__proto__', 'proto')
        const { status, error } = await send(text)
        expect(status, error?.message).toBeLessThan(500)
        if (error) expect(error.param, `${text} ${error.code}: ${error.message}`).toMatch(new RegExp(`^${field}\\b`))
      }),
      { numRuns: 300 },
    )
  })
})

test('a malformed body is refused as such, whatever is wrong with it', async () => {
  const whole = JSON.stringify({ model: 'gpt-4o', messages: hello })
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.nat({ max: whole.length - 1 }).map((length) => whole.slice(0, length)),
    fc.json({ maxDepth: 3 }),
    fc.integer({ min: 201, max: 5_000 }).map((depth) => `{"messages":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    fc.constantFrom('null', '[]', '""', '{"__proto__":{}}', `${whole}${whole}`, '\ufeff'),
  )
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const { status, error } = await send(body)
      expect(status).toBe(400)
      expect(error?.code).toMatch(/^invalid_(?:json|request)$/)
    }),
    { numRuns: 200 },
  )
})
