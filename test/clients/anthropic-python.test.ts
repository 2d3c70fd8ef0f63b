import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { didOf, preparePython, raisedBy, startPythonClient } from './support/python.ts'
import type { PythonClient } from './support/python.ts'

const key = 'gw_of_a_python_program'
const python = await preparePython()

describe.skipIf(python === null)(
  'the anthropic package for Python (skipped where Python 3.10 or its packages cannot be had)',
  () => {
    let it: TestApp
    let client: PythonClient

    beforeAll(async () => {
      it = await startApp({
        env: (upstreamUrl) => ({
          AUTH_MODE: 'api-key',
          API_KEY_HASHES: createHash('sha256').update(key).digest('hex'),
          GOOGLE_API_KEY: 'key-e',
          GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta`,
        }),
      })
      client = startPythonClient(python ?? '', 'anthropic_client.py', [it.url, key])
    })
    afterAll(async () => {
      await client[Symbol.asyncDispose]()
      await it[Symbol.asyncDispose]()
    })
    beforeEach(() => {
      it.receipts.length = 0
    })

    // One model a wire; with tools, the second of OpenAI's goes by its Responses.
    const models = ['gpt-4o', 'gpt-6-luna', 'claude-haiku-5-5', 'gemini-3.8-flash']

    test.each(models)('messages: %s answers, in one piece and streamed', async (model) => {
      const whole = await client.order('create', { model, content: 'What is TCP?', extra_body: { use_cache: false } })
      expect(whole).toMatchObject({
        did: {
          headers: { 'x-gateway-model': model, 'request-id': it.receipts[0]?.id },
          message: { stop_reason: 'end_turn', gateway: { cost_usd: expect.stringMatching(/^\d+\.\d{9}$/) } },
          text: expect.stringContaining('Simulated'),
        },
      })
      const streamed = didOf(await client.order('stream', { model, content: 'What is TCP?' }))
      expect(streamed).toMatchObject({ text: didOf(whole)['text'], stop_reason: 'end_turn' })
      expect(streamed['usage']).toMatchObject({ output_tokens: it.receipts[1]?.usage?.outputTokens })
    })

    test.each(models)('tools: %s calls one, streamed or not, and reads its result', async (model) => {
      const { called, arguments: whole, streamed, answer } = didOf(await client.order('call_tool', { model }))
      expect(called).toBe('get_weather')
      expect(whole).toHaveProperty('city')
      expect(streamed).toEqual(whole)
      expect(answer).toContain('Sunny')
    })

    test('tokens are counted', async () => {
      expect(await client.order('count', { model: 'claude-haiku-5-5', content: 'One two three.' })).toMatchObject({
        did: expect.any(Number),
      })
    })

    test.each([
      ['a model that nobody has', { model: 'no-such-model' }, 'NotFoundError', 404],
      ['a parameter out of range', { extra_body: { temperature: 9 } }, 'BadRequestError', 400],
      ['a wrong key', { key: 'gw_wrong' }, 'AuthenticationError', 401],
    ])("errors are the SDK's own classes: %s", async (_what, fields, kind, status) => {
      const raised = raisedBy(await client.order('create', { model: 'gpt-4o', content: 'hello', ...fields }))
      expect(raised.classes[0]).toBe(kind)
      expect(raised).toMatchObject({ status, request_id: raised.headers['x-request-id'] })
    })

    test('a stream that breaks raises instead of ending well', async () => {
      it.upstream.script([{ kind: 'cut', after: 3 }])
      const raised = raisedBy(await client.order('stream', { model: 'gpt-4o', content: 'Tell me about ships.' }))
      expect(raised.classes).toContain('APIError')
    })

    test('a stream that is closed stops the provider', async () => {
      it.upstream.script([{ kind: 'stall', after: 3 }])
      const before = it.upstream.requests.length
      expect(didOf(await client.order('leave', { model: 'gpt-4o' }))).toBeTruthy()
      expect((await it.upstream.waitForClose(before + 1)).closedEarly).toBe(true)
    })
  },
)
