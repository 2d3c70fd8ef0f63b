import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Json, JsonObject } from '../../../src/contract/json.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

// The form of every reply is looked at besides: test/support/every-reply.ts.

let it: TestApp
beforeAll(async () => {
  it = await startApp({
    env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
  })
})
afterAll(() => it[Symbol.asyncDispose]())

const refusal = z.object({
  error: z.object({
    message: z.string(),
    details: z.object({ error_code: z.string(), param: z.string().nullable() }),
  }),
})
type Refusal = z.infer<typeof refusal>['error'] | null

const send = async (body: string | Uint8Array<ArrayBuffer>, path = '/v1/messages') => {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  const reply = await fetch(`${it.url}${path}`, { method: 'POST', headers, body })
  const text = await reply.text()
  const last = text.startsWith('{')
    ? text
    : (text
        .trimEnd()
        .split('\n\n')
        .at(-1)
        ?.replace(/^.*\ndata: /, '') ?? '')
  const error: Refusal = refusal.safeParse(JSON.parse(last)).data?.error ?? null
  return { status: reply.status, error }
}

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('Hello', ' ', '', '\u2028', '<|endoftext|>'))
const mark = fc.constantFrom({}, { cache_control: { type: 'ephemeral' } }, { cache_control: null })
const marked = (block: fc.Arbitrary<object>) => fc.tuple(block, mark).map(([one, own]) => ({ ...one, ...own }))
const textBlock = marked(text.map((said) => ({ type: 'text', text: said })))
const image = marked(
  fc
    .constantFrom(
      { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' },
      { type: 'url', url: 'https://example.org/a.png' },
    )
    .map((source) => ({ type: 'image', source })),
)
const document = marked(
  fc
    .constantFrom(
      { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
      { type: 'text', media_type: 'text/plain', data: 'Some text.' },
      { type: 'url', url: 'https://example.org/a.pdf' },
      { type: 'content', content: 'Some text.' },
      { type: 'file', file_id: 'file_1' },
    )
    .map((source) => ({ type: 'document', source, title: 'A title' })),
)
const id = fc.constantFrom('toolu_1', 'toolu_2', 'gw_functions_002erun_003a0', 'a b')
const result = marked(
  fc
    .tuple(
      id,
      fc.oneof(text, fc.array(fc.oneof(textBlock, image), { maxLength: 2 }), fc.constant(undefined)),
      fc.boolean(),
    )
    .map(([tool_use_id, content, is_error]) => ({ type: 'tool_result', tool_use_id, content, is_error })),
)
const thought = fc.constantFrom(
  { type: 'thinking', thinking: 'Hm.', signature: '' },
  { type: 'thinking', thinking: 'Hm.', signature: 'another:aGk=' },
  { type: 'redacted_thinking', data: 'responses:{}' },
)
const call = marked(
  fc
    .tuple(
      id,
      fc.dictionary(fc.constantFrom('city', 'a'), fc.jsonValue({ maxDepth: 1 })),
      fc.constantFrom('get_weather', 'run'),
    )
    .map(([callId, input, name]) => ({ type: 'tool_use', id: callId, name, input })),
)
const foreign = fc.constant({ type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} })
const turn = fc.oneof(
  fc.record({
    role: fc.constant('user'),
    content: fc.oneof(text, fc.array(fc.oneof(textBlock, image, document, result), { maxLength: 4 })),
  }),
  fc.record({
    role: fc.constant('assistant'),
    content: fc.oneof(
      text,
      fc.array(fc.oneof(textBlock, thought, call, { weight: 1, arbitrary: foreign }), { maxLength: 4 }),
    ),
  }),
  fc.record({ role: fc.constant('system'), content: text }),
)
const tool = fc.oneof(
  marked(
    fc.constantFrom('get_weather', 'run').map((name) => ({
      name,
      description: 'A tool',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    })),
  ),
  fc.constant({ type: 'web_search_20260318', name: 'web_search' }),
)
const request = fc.record(
  {
    model: fc.constantFrom(
      'gpt-4o',
      'gpt-6-luna',
      'claude-sonnet-4-6',
      'claude-haiku-4-5-20251001',
      'gemini-3.8-flash',
      'auto',
      'no-such-model',
    ),
    messages: fc.array(turn, { maxLength: 5 }),
    max_tokens: fc.oneof(fc.integer({ min: -1, max: 5_000 }), fc.constant(null)),
    system: fc.oneof(text, fc.array(textBlock, { maxLength: 2 })),
    tools: fc.array(tool, { maxLength: 2 }),
    tool_choice: fc.constantFrom({ type: 'auto' }, { type: 'any' }, { type: 'none' }, { type: 'tool', name: 'run' }),
    thinking: fc.constantFrom(
      { type: 'adaptive' },
      { type: 'disabled' },
      { type: 'enabled', budget_tokens: 1_024 },
      { type: 'enabled' },
    ),
    output_config: fc.constantFrom(
      { effort: 'low' },
      { effort: null },
      { format: { type: 'json_schema', schema: { type: 'object' } } },
    ),
    temperature: fc.double({ min: 0, max: 1.1, noNaN: true }),
    top_p: fc.constantFrom(0.5, 1, 2),
    top_k: fc.constantFrom(0, 5, -1),
    stop_sequences: fc.array(text, { maxLength: 3 }),
    metadata: fc.constantFrom({ user_id: 'u' }, { user_id: null }, { a: 1 }, {}),
    service_tier: fc.constantFrom('auto', 'standard_only', 'gold'),
    stream: fc.boolean(),
    context_management: fc.constant({ edits: [] }),
    container: fc.constantFrom(null, 'c_1'),
  },
  { requiredKeys: ['model', 'messages'] },
)

const hello: JsonObject = { model: 'gpt-4o', max_tokens: 20, messages: [{ role: 'user', content: 'Say hello.' }] }

/** The request without what a refusal names. A conversation loses the turn at fault, and is never left empty. */
const without = (asked: JsonObject, param: string): JsonObject => {
  const [, field = '', index] = /^(\w+)(?:\[(\d+)\])?/.exec(param) ?? []
  if (field === 'model') return { ...asked, model: 'gpt-4o' }
  const { [field]: dropped, ...rest } = asked
  if (field !== 'messages' || !Array.isArray(dropped)) return rest
  const messages = index === undefined ? [] : dropped.toSpliced(Number(index), 1)
  return { ...rest, messages: messages.length === 0 ? (hello.messages ?? null) : messages }
}

test('any request is answered, once it is rid of what each refusal names', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (generated) => {
      let asked = z.record(z.string(), z.custom<Json>()).parse(JSON.parse(JSON.stringify(generated)))
      for (;;) {
        const { status, error } = await send(JSON.stringify(asked))
        if (error === null) {
          expect(status).toBe(200)
          return
        }
        // A whole reply too: the model kept to no schema within its bound on tokens, and its text is in the error.
        if (error.details.error_code === 'structured_output_invalid') return
        const said = `${JSON.stringify(asked)} ${error.details.param}: ${error.message}`
        expect(status, said).toBeLessThan(500)
        const rest = without(asked, error.details.param ?? '')
        expect(rest, said).not.toEqual(asked)
        asked = rest
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
    'model',
    'messages',
    'system',
    'max_tokens',
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'metadata',
    'temperature',
    'top_p',
    'top_k',
    'stop_sequences',
    'stream',
    'service_tier',
    'cache_control',
    'inference_geo',
    'container',
    'mcp_servers',
    'context_management',
    'requirements',
    'provider',
    'fallbacks',
    'vendor',
  )
  const paths = fc.constantFrom('/v1/messages', '/v1/messages/count_tokens')
  await fc.assert(
    fc.asyncProperty(fields, junk, paths, async (field, value, path) => {
      const body = JSON.stringify({ ...hello, [field]: value }).replaceAll('__proto__', 'proto')
      const { status, error } = await send(body, path)
      expect(status, error?.message).toBeLessThan(500)
      if (error) expect(error.details.param, `${body}: ${error.message}`).toMatch(new RegExp(`^${field}\\b`))
    }),
    { numRuns: 200 },
  )
})

test('a malformed body is refused as such, whatever is wrong with it', async () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.json({ maxDepth: 3 }),
    fc.integer({ min: 201, max: 5_000 }).map((depth) => `{"messages":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    fc.constantFrom('null', '[]', '""', '{"__proto__":{}}', '\ufeff'),
  )
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const { status, error } = await send(body)
      expect(status).toBe(400)
      expect(error?.details.error_code).toMatch(/^invalid_(?:json|request)$/)
    }),
    { numRuns: 100 },
  )
})
