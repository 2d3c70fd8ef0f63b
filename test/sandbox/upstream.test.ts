import { describe, expect, test } from 'vitest'
import { openSandbox } from '../../src/sandbox/sandbox.ts'
import { createGate } from '../support/gate.ts'
import { countPlainTokens, sse, startUpstream } from '../support/upstream.ts'
import { observe, openaiHeaders } from './observe.ts'

const path = '/openai/v1/chat/completions'
const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] }

describe("the tests' upstream", () => {
  test('plays its script in order, then answers honestly', async () => {
    await using upstream = await startUpstream()
    upstream.script([
      { status: 418, headers: { 'x-tea': 'green' }, body: { short: 'stout' } },
      { kind: 'status', status: 503 },
      'honest',
      { body: 'not JSON' },
    ])
    expect(await observe(upstream.url + path, { body })).toMatchObject({
      status: 418,
      headers: { 'x-tea': 'green', 'content-type': 'application/json' },
      text: '{"short":"stout"}',
    })
    // A look at the models takes nothing from the script.
    expect((await observe(`${upstream.url}/v1/models`, { method: 'GET' })).status).toBe(200)
    expect((await observe(upstream.url + path, { body })).status).toBe(503)
    expect((await observe(upstream.url + path, { body })).text).toContain('Simulated answer')
    expect((await observe(upstream.url + path, { body })).text).toBe('not JSON')
    expect((await observe(upstream.url + path, { body })).text).toContain('Simulated answer')
    expect(upstream.requests).toHaveLength(6)
  })

  test('waits in mid-stream until a gate opens', async () => {
    await using upstream = await startUpstream()
    const gate = createGate()
    upstream.script([{ body: [sse({ n: 1 }), gate, sse({ n: 2 }), sse('[DONE]')] }])
    const reply = await fetch(upstream.url + path, {
      method: 'POST',
      headers: openaiHeaders,
      body: JSON.stringify(body),
    })
    expect(reply.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const seen: string[] = []
    for await (const chunk of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      seen.push(chunk)
      if (seen.length > 1) continue
      expect((await upstream.waitForRequest()).closed).toBe(false)
      gate.open()
    }
    expect(seen[0]).toBe('data: {"n":1}\n\n')
    expect(seen.join('')).toBe('data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n')
  })

  test.each([
    ['cut', 'cut'],
    ['reset', 'reset'],
    ['end', 'complete'],
  ] as const)('can end a scripted body with %s', async (ending, ended) => {
    await using upstream = await startUpstream()
    upstream.script([{ body: [sse({ n: 1 }), new Uint8Array([0xff])], ending }])
    const sight = await observe(upstream.url + path, { body })
    expect(sight.ended).toBe(ended)
    if (ending !== 'reset') expect(Buffer.concat(sight.chunks).at(-1)).toBe(0xff)
  })

  test('waits for the nth request and for its end', async () => {
    await using upstream = await startUpstream()
    const second = upstream.waitForRequest(2)
    const over = upstream.waitForClose(2)
    await observe(upstream.url + path, { body })
    await observe(upstream.url + path, { body: { ...body, model: 'second' } })
    expect((await second).model).toBe('second')
    expect(await over).toMatchObject({ model: 'second', closed: true, closedEarly: false })
  })

  test('breaks off what is running when it closes, and frees its port', async () => {
    const upstream = await startUpstream()
    upstream.script([{ kind: 'black-hole' }])
    const sight = observe(upstream.url + path, { body })
    await upstream.waitForRequest()
    await upstream.close()
    expect((await sight).status).toBeNull()
    await upstream.close()
    await using next = await startUpstream({ port: Number(new URL(upstream.url).port) })
    expect(next.url).toBe(upstream.url)
  })
})

describe('the sandbox', () => {
  test('keeps the last requests only', async () => {
    await using sandbox = await openSandbox({ countTokens: countPlainTokens, keepRequests: 2 })
    for (const model of ['a', 'b', 'c']) await observe(sandbox.url + path, { body: { ...body, model } })
    expect(sandbox.requests.map(({ model }) => model)).toEqual(['b', 'c'])
  })

  test('says that its port is taken instead of starting', async () => {
    await using upstream = await startUpstream()
    const port = Number(new URL(upstream.url).port)
    await expect(openSandbox({ countTokens: countPlainTokens, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('paces a stream: the head before the tokens, the tokens one by one', async () => {
    await using sandbox = await openSandbox({
      countTokens: countPlainTokens,
      pace: { firstTokenMs: 1, betweenTokensMs: 60_000 },
    })
    const sight = await observe(sandbox.url + path, {
      body: { ...body, stream: true },
      enough: ({ text }) => text.includes('"content":"Simulated"'),
    })
    expect(sight).toMatchObject({ status: 200, ended: 'open' })
    expect(sight.text).not.toContain('"content":" answer"')
  })
})
