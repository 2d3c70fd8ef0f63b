import { describe, expect, test } from 'vitest'
import { startHttp } from './start-http.ts'

describe('models', () => {
  test('are listed as OpenAI lists them', async () => {
    await using http = await startHttp()
    const reply = await fetch(`${http.url}/v1/models`)
    expect(await reply.json()).toEqual({
      object: 'list',
      data: [
        { id: 'auto', object: 'model', created: 1, owned_by: 'gateway' },
        { id: 'meta/llama-4/maverick', object: 'model', created: 1, owned_by: 'openrouter' },
      ],
    })
  })

  test.each(['meta/llama-4/maverick', 'meta%2Fllama-4%2Fmaverick'])(
    'are found by an id with slashes: %s',
    async (id) => {
      await using http = await startHttp()
      const reply = await fetch(`${http.url}/v1/models/${id}`)
      expect(await reply.json()).toMatchObject({ id: 'meta/llama-4/maverick', object: 'model' })
    },
  )

  test('that are not here are not found', async () => {
    await using http = await startHttp()
    const reply = await fetch(`${http.url}/v1/models/gpt-1`)
    expect(reply.status).toBe(404)
    expect(await reply.json()).toMatchObject({
      error: { code: 'model_not_found', message: 'The model "gpt-1" is not offered here.' },
    })
  })
})

test('readiness says what is missing', async () => {
  await using http = await startHttp({ readiness: () => ({ ready: false, reasons: ['Set OPENAI_API_KEY.'] }) })
  const reply = await fetch(`${http.url}/ready`)
  expect(reply.status).toBe(503)
  expect(await reply.json()).toEqual({ ready: false, reasons: ['Set OPENAI_API_KEY.'] })
})

test('who lives says so, ready or not, and the version answers', async () => {
  await using http = await startHttp({ readiness: () => ({ ready: false, reasons: ['Set OPENAI_API_KEY.'] }) })
  for (const path of ['/health', '/live', '/startup'])
    expect(await (await fetch(http.url + path)).json()).toEqual({ status: 'ok' })
  expect(await (await fetch(`${http.url}/version`)).json()).toEqual({ name: 'ai-gateway-mcp', version: '1.2.3' })
})

test('HEAD answers as GET does, without a body', async () => {
  await using http = await startHttp()
  const reply = await fetch(`${http.url}/v1/models`, { method: 'HEAD' })
  expect(reply.status).toBe(200)
  expect(await reply.text()).toBe('')
})

test.each([
  ['/v1/chat/completions', 'GET', 'POST'],
  ['/v1/chat/completions', 'PUT', 'POST'],
  ['/v1/chat/completions', 'OPTIONS', 'POST'],
  ['/unified_completion', 'DELETE', 'POST'],
  ['/v1/models', 'POST', 'GET, HEAD'],
  ['/v1/models/auto', 'DELETE', 'GET, HEAD'],
  ['/health', 'POST', 'GET, HEAD'],
])('%s does not take %s and says what it takes', async (path, method, allow) => {
  await using http = await startHttp()
  const reply = await fetch(http.url + path, { method })
  expect(reply.status).toBe(405)
  expect(reply.headers.get('allow')).toBe(allow)
  expect(await reply.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
})

test.each([
  ['/chat/completions', ' did you mean "/v1/chat/completions"?'],
  ['/v1/model', ' did you mean "/v1/models"?'],
  ['/V1/chat/completions/', undefined],
  ['/admin.php', undefined],
  ['//evil.example/%2e%2e/', undefined],
])('%s is not there', async (path, hint) => {
  await using http = await startHttp()
  const reply = await fetch(http.url + path)
  expect(reply.status).toBe(404)
  expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const said = await reply.text()
  expect(JSON.parse(said)).toMatchObject({ error: { code: 'not_found' } })
  if (hint) expect(JSON.parse(said)).toMatchObject({ error: { message: expect.stringContaining(hint) } })
})
