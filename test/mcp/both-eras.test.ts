import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientKinds, connect } from './support/clients.ts'
import type { AnyClient } from './support/clients.ts'
import { serveMcp } from './support/serve.ts'
import type { TestServer } from './support/serve.ts'

let server: TestServer
beforeAll(async () => {
  server = await serveMcp()
})
afterAll(() => server[Symbol.asyncDispose]())

describe.each(clientKinds)('$kind', ({ kind, speaks }) => {
  let client: AnyClient
  beforeAll(async () => {
    client = await connect(kind, server.url)
  })
  afterAll(() => client[Symbol.asyncDispose]())

  test('is served in its own protocol revision, with instructions', () => {
    expect(client.protocol).toBe(speaks)
    expect(client.instructions).toContain('unified_completion')
  })

  test('sees the tools in the same order', async () => {
    expect((await client.list()).map(({ name }) => name)).toEqual([
      'unified_completion',
      'embed',
      'call_api',
      'list_providers',
      'estimate_cost',
      'explain_route',
      'get_usage_stats',
      'manage_cache',
      'cache_policy',
      'cache_feedback',
      'explain_cache',
      'gateway_status',
    ])
  })

  // The client checks structured content against the listed output schema itself, and throws where it does not fit.
  test.each([
    ['unified_completion', { prompt: 'hello' }],
    ['unified_completion', { prompt: 'tool', tools: [{ type: 'function', function: { name: 'get_weather' } }] }],
    ['call_api', { endpoint: 'embeddings', data: { model: 'text-embedding-3-small', input: 'a' } }],
    ['embed', { texts: ['a', 'b'] }],
    ['list_providers', { include_models: true }],
    ['estimate_cost', { prompt: 'hello' }],
    ['estimate_cost', { input_tokens: 1000, models: ['gpt-6-luna', 'gpt-4o', 'unknown'] }],
    ['explain_route', { prompt: 'hello' }],
    ['explain_route', { prompt: 'nobody' }],
    ['get_usage_stats', { group_by: 'day' }],
    ['manage_cache', { action: 'stats' }],
    ['manage_cache', { action: 'clear' }],
    ['cache_policy', {}],
    ['cache_feedback', { verdict: 'good', entry_id: 'ent_1' }],
    ['explain_cache', { prompt: 'hello' }],
    ['gateway_status', {}],
  ])('gets a result of %s that fits its schema: %j', async (name, args) => {
    const result = await client.call(name, args)
    expect(result.isError, result.texts.join('\n')).toBe(false)
    expect(result.data).toBeTypeOf('object')
    expect(result.texts.join('')).not.toBe('')
  })

  test('calls a tool without arguments', async () => {
    expect((await client.call('gateway_status')).isError).toBe(false)
  })

  test('hears the answer as it grows, and then gets it whole', async () => {
    const notes: { progress: number; message?: string | undefined }[] = []
    const result = await client.call(
      'unified_completion',
      { prompt: 'count 500' },
      { onprogress: (note) => notes.push(note) },
    )
    const [text = ''] = result.texts
    expect(text.startsWith('1 2 3 ')).toBe(true)
    expect(text.endsWith('499 500 ')).toBe(true)
    expect(notes.length).toBeGreaterThan(0)
    const heard = notes.map(({ message }) => message).join('')
    expect(text.startsWith(heard)).toBe(true)
    expect(notes.at(-1)?.progress).toBe(heard.length)
    expect(server.services.gateway.calls.at(-1)?.context.incremental).toBe(true)
  })

  test('does not ask for a stream where nobody listens', async () => {
    await client.call('unified_completion', { prompt: 'quiet' })
    expect(server.services.gateway.calls.at(-1)?.context.incremental).toBe(false)
  })

  test('reads an error as a result that says what to do', async () => {
    const { isError, texts, data } = await client.call('unified_completion', { prompt: 'fail rate_limited' })
    expect(isError).toBe(true)
    expect(data).toBeUndefined()
    expect(texts[0]).toBe(
      'rate_limited: Too many requests. What to do: Wait as long as the "retry-after" header says. Wait 2 s first.',
    )
    expect(JSON.parse(texts[1] ?? '')).toMatchObject({
      error: {
        code: 'rate_limited',
        retryable: true,
        retry_after_s: 2,
        request_id: expect.stringMatching(/^req_\d+$/),
      },
    })
  })

  test('can correct arguments that are wrong', async () => {
    const { isError, texts } = await client.call('unified_completion', { prompt: 'hi', max_token: 5 })
    expect(isError).toBe(true)
    expect(texts[0]).toContain('did you mean "max_tokens"?')
  })

  test('gets a protocol error for a tool that is not there', async () => {
    await expect(client.call('no_such_tool')).rejects.toMatchObject({ code: -32602 })
  })

  test('shares nothing between calls that run at once', async () => {
    const prompts = Array.from({ length: 20 }, (_, index) => `echo ${kind} ${index}`)
    const results = await Promise.all(prompts.map((prompt) => client.call('unified_completion', { prompt })))
    expect(results.map(({ texts }) => texts[0])).toEqual(prompts.map((prompt) => `You said: ${prompt}`))
    const ids = server.services.gateway.calls.slice(-20).map(({ context }) => context.requestId)
    expect(new Set(ids).size).toBe(20)
  })
})

test.each(clientKinds)('the gateway is told when a $kind gives up', async ({ kind, speaks }) => {
  await using client = await connect(kind, server.url)
  const prompt = `hang ${kind}`
  const controller = new AbortController()
  const call = client
    .call('unified_completion', { prompt }, { signal: controller.signal })
    .catch((error: unknown) => error)
  await until(() =>
    server.services.gateway.calls.some(({ request }) => JSON.stringify(request.messages).includes(prompt)),
  )
  controller.abort()
  await call
  // A 2025-era client announces a cancellation that a stateless server cannot match; only its leaving tells.
  if (speaks === '2025-11-25') await client[Symbol.asyncDispose]()
  await expect(server.services.gateway.aborted(prompt)).resolves.toBeDefined()
})

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
