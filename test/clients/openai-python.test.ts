import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { didOf, preparePython, raisedBy, startPythonClient } from './support/python.ts'
import type { PythonClient, Raised } from './support/python.ts'

const key = 'gw_of_a_python_program'
const python = await preparePython()

describe.skipIf(python === null)(
  'the openai package for Python (skipped where Python 3.10 or its packages cannot be had)',
  () => {
    let it: TestApp
    let client: PythonClient

    beforeAll(async () => {
      it = await startApp({
        env: { AUTH_MODE: 'api-key', API_KEY_HASHES: createHash('sha256').update(key).digest('hex') },
      })
      client = startPythonClient(python ?? '', 'openai_client.py', [`${it.url}/v1`, key])
    })
    afterAll(async () => {
      await client[Symbol.asyncDispose]()
      await it[Symbol.asyncDispose]()
    })
    beforeEach(() => {
      it.receipts.length = 0
    })

    // One model a wire: OpenAI's own, and Anthropic's behind the same surface.
    const models = ['gpt-4o', 'claude-haiku-5-5']

    test.each(models)('chat: %s answers, and the raw response has the headers', async (model) => {
      const chat = await client.order('chat', { model, content: 'What is TCP?' })
      expect(chat).toMatchObject({
        did: {
          headers: { 'x-gateway-model': model, 'x-gateway-cache': 'miss', 'x-request-id': it.receipts[0]?.id },
          reply: {
            choices: [{ finish_reason: 'stop', message: { content: expect.stringContaining('Simulated') } }],
            usage: { total_tokens: expect.any(Number) },
            // The SDK hands on what it does not know.
            gateway: { cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) },
          },
        },
      })
      expect(await client.order('chat', { model, content: 'What is TCP?' })).toMatchObject({
        did: { headers: { 'x-gateway-cache': 'exact' }, reply: { gateway: { cost_usd: '0.000000000' } } },
      })
    })

    test("the gateway's own fields go in by extra_body", async () => {
      const chat = { model: 'auto', content: 'Translate to French: good morning' }
      const requirements = { providers: ['anthropic'], low_cost: true }
      expect(await client.order('chat', { ...chat, extra_body: { requirements } })).toMatchObject({
        did: { headers: { 'x-gateway-provider': 'anthropic', 'x-gateway-task': 'translation' } },
      })
    })

    test.each(models)('stream: %s comes in pieces that make the same text, with usage', async (model) => {
      const whole = await client.order('chat', { model, content: 'What is UDP?', extra_body: { use_cache: false } })
      const streamed = await client.order('stream', { model, content: 'What is UDP?' })
      expect(whole).toMatchObject({ did: { reply: { choices: [{ message: { content: didOf(streamed)['text'] } }] } } })
      expect(streamed).toMatchObject({ did: { finish: 'stop' } })
      const [first, second] = it.receipts
      expect(didOf(streamed)['usage']).toMatchObject({ completion_tokens: second?.usage?.outputTokens })
      expect(second?.costNanoUsd).toBe(first?.costNanoUsd)
    })

    test.each(models)('tools: %s calls one, streamed or not, and reads its result', async (model) => {
      const { called, arguments: whole, streamed, answer } = didOf(await client.order('call_tool', { model }))
      expect(called).toBe('get_weather')
      expect(whole).toHaveProperty('city')
      expect(streamed).toEqual(whole)
      expect(answer).toContain('Sunny')
    })

    test.each(models)('structured output: %s fills an instance of the class that was asked for', async (model) => {
      expect(await client.order('parse', { model })).toEqual({
        did: { is_person: true, person: { name: expect.any(String), age: expect.any(Number) } },
      })
    })

    describe.each([...models, 'gpt-6-luna'])('responses: %s', (model) => {
      test('answers in one piece and in events that make the same text', async () => {
        const did = didOf(await client.order('respond', { model, content: 'What is QUIC?' }))
        expect(did).toMatchObject({
          headers: { 'x-gateway-model': model },
          gateway: { cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) },
          is_numbered: true,
        })
        expect(did['text']).toContain('Simulated')
        expect([did['streamed'], did['final']]).toEqual([did['text'], did['text']])
        expect(new Set(z.array(z.int()).parse(did['usage'])).size).toBe(1)
      })

      test('thinks, calls a tool and reads its result', async () => {
        const did = didOf(await client.order('respond_with_tool', { model }))
        expect(did['kinds']).toContain('function_call')
        expect(did['arguments']).toHaveProperty('city')
        expect(did['answer']).toContain('Sunny')
      })

      test('fills an instance of the class that was asked for', async () => {
        expect(await client.order('respond_parsed', { model })).toEqual({
          did: { is_person: true, person: { name: expect.any(String), age: expect.any(Number) } },
        })
      })

      test('raises when its stream breaks', async () => {
        it.upstream.script([{ kind: 'cut', after: 3 }])
        const raised = raisedBy(await client.order('respond_brokenly', { model }))
        expect(raised).toMatchObject({ classes: expect.arrayContaining(['APIError']), code: 'provider_cut' })
      })

      test('completes a text', async () => {
        const did = didOf(await client.order('complete', { model, prompt: 'What is DNS?' }))
        expect(did['streamed']).toBe(did['whole'])
      })
    })

    test('the model list and one model', async () => {
      const ids = didOf(await client.order('models'))
      expect(ids).toEqual(expect.arrayContaining(['auto', 'gpt-4o', 'claude-haiku-5-5']))
      expect(await client.order('model', { id: 'gpt-4o' })).toMatchObject({ did: { id: 'gpt-4o', object: 'model' } })
      expect(raisedBy(await client.order('model', { id: 'gpt-9' })).classes).toContain('NotFoundError')
    })

    describe("errors are the SDK's own classes, with the code, the parameter and the request's id", () => {
      const raisedFor = async (fields: Record<string, unknown>): Promise<Raised> =>
        raisedBy(await client.order('chat', { model: 'gpt-4o', content: 'hello', ...fields }))

      test.each([
        ['a model that nobody has', { model: 'no-such-model' }, 'NotFoundError', 404, 'model_not_found', 'model'],
        ['a parameter out of range', { temperature: 9 }, 'BadRequestError', 400, 'invalid_request', 'temperature'],
        ['a wrong key', { key: 'gw_wrong' }, 'AuthenticationError', 401, 'invalid_api_key', null],
      ])('%s', async (_what, fields, kind, status, code, param) => {
        const raised = await raisedFor(fields)
        expect(raised.classes[0]).toBe(kind)
        expect(raised).toMatchObject({ status, code, param, request_id: raised.headers['x-request-id'] })
        expect(raised.request_id).toMatch(/^req_/)
      })

      // A row of its own: its key rests after this.
      test("a provider's rate limit, with the time to wait", async () => {
        it.upstream.script([{ kind: 'status', status: 429, retryAfterS: 60 }])
        const raised = await raisedFor({ model: 'openai-compatible:house' })
        expect(raised).toMatchObject({ classes: expect.arrayContaining(['RateLimitError']), status: 429 })
        expect(Number(raised.headers['retry-after'])).toBeGreaterThan(0)
      })

      test('a provider that fails at every try', async () => {
        it.upstream.script(Array.from({ length: 3 }, () => ({ kind: 'status', status: 500 })))
        const raised = await raisedFor({ model: 'claude-haiku-5-5', content: 'fail' })
        expect(raised).toMatchObject({
          classes: expect.arrayContaining(['InternalServerError']),
          code: 'provider_failed',
        })
        expect(it.receipts.at(-1)?.tries).toHaveLength(3)
      })

      test('a stream that breaks raises instead of ending well', async () => {
        it.upstream.script([{ kind: 'cut', after: 3 }])
        const raised = raisedBy(await client.order('stream', { model: 'gpt-4o', content: 'Tell me about ships.' }))
        expect(raised).toMatchObject({ classes: expect.arrayContaining(['APIError']), code: 'provider_cut' })
      })
    })

    describe('who does not wait stops the provider', () => {
      test.each([
        ['a timeout', { kind: 'black-hole' }, 'wait_briefly', { seconds: 0.3 }],
        ['a stream that is closed', { kind: 'stall', after: 3 }, 'leave', {}],
        ['an asyncio task that is cancelled', { kind: 'stall', after: 3 }, 'cancel', {}],
      ] as const)('%s', async (_what, fault, scenario, args) => {
        it.upstream.script([fault])
        const before = it.upstream.requests.length
        const outcome = await client.order(scenario, { model: 'gpt-4o', ...args })
        if (scenario === 'wait_briefly') expect(raisedBy(outcome).classes[0]).toBe('APITimeoutError')
        else expect(didOf(outcome)).toBeTruthy()
        expect((await it.upstream.waitForClose(before + 1)).closedEarly).toBe(true)
        await expect.poll(() => it.receipts.at(-1)?.outcome).toBe('client_aborted')
      })
    })
  },
)
