import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tools as catalogue } from '../../src/mcp/tools/index.ts'
import { clientKinds, connect } from '../mcp/support/clients.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'

let it: TestApp

beforeAll(async () => {
  it = await startApp()
})
afterAll(() => it[Symbol.asyncDispose]())

describe.each(clientKinds)('$kind', ({ kind }) => {
  const open = (): ReturnType<typeof connect> => connect(kind, `${it.url}/mcp`)

  test('lists the tools and calls each that needs no question', async () => {
    await using client = await open()
    const tools = (await client.list()).map(({ name }) => name)
    expect(tools).toHaveLength(catalogue.length)
    for (const name of ['list_providers', 'get_usage_stats', 'gateway_status']) {
      const result = await client.call(name, {})
      expect(result.isError, name).toBe(false)
      expect(result.data, name).toBeTypeOf('object')
    }
    expect((await client.call('manage_cache', { action: 'stats' })).isError).toBe(false)
  })

  test('gets an answer, with who gave it, why and what it cost', async () => {
    await using client = await open()
    const prompt = 'Translate to French: good morning'
    const { data } = await client.call('unified_completion', { prompt, use_cache: false })
    expect(data).toMatchObject({
      task: 'translation',
      finish_reason: 'stop',
      cache: 'bypass',
      cost_usd: expect.stringMatching(/^\d+\.\d{9}$/),
    })
    expect(it.receipts.at(-1)).toMatchObject({ face: 'mcp', outcome: 'complete' })
    expect((await client.call('explain_route', { prompt })).isError).toBe(false)
    expect((await client.call('estimate_cost', { prompt })).isError).toBe(false)
  })

  test('hears of progress, and the result is whole', async () => {
    await using client = await open()
    const heard: string[] = []
    const { data } = await client.call(
      'unified_completion',
      { prompt: 'Tell me about bridges.', use_cache: false },
      { onprogress: ({ message }) => heard.push(message ?? '') },
    )
    expect(heard.length).toBeGreaterThan(0)
    expect(data).toMatchObject({ text: expect.stringContaining(heard[0] ?? 'nothing heard') })
  })

  test('a cancelled call stops the provider', async () => {
    await using client = await open()
    it.upstream.script([{ kind: 'stall', after: 3 }])
    const before = it.upstream.requests.length
    const cancel = new AbortController()
    const call = client.call('unified_completion', { prompt: `Wait for it, ${kind}.` }, { signal: cancel.signal })
    const request = await it.upstream.waitForRequest(before + 1)
    cancel.abort()
    await expect(call).rejects.toThrow()
    // A 2025-era client keeps its connection after a cancellation, which no stateless server can match: leaving ends it.
    await client[Symbol.asyncDispose]()
    await it.upstream.waitForClose(before + 1)
    expect(request.closedEarly).toBe(true)
  })

  test('a provider that fails is an error that says what to do', async () => {
    await using client = await open()
    it.upstream.script([{ kind: 'status', status: 400 }])
    const failed = await client.call('unified_completion', { prompt: `What fails? ${kind}`, model: 'gpt-4o' })
    expect(failed.isError).toBe(true)
    expect(failed.texts.join('\n')).toContain('provider_rejected')
  })
})
