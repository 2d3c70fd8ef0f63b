import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { completion } from '../providers/chat-wire.ts'
import { startApp } from '../support/app.ts'
import { limitCallers, requestsAMinute } from '../support/limits.ts'
import { ask, context, hear } from '../support/ask.ts'

/*
 * What gateways were hurt by before and only the whole of one can show, one describe a trap.
 */

const once = (config: Config): Config => ({ ...config, resilience: { ...config.resilience, maxTries: 1 } })

const post = (url: string, text: string): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
    body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: text }], use_cache: false }),
  })

describe('18: a provider that asks to be left alone', () => {
  test.each([
    [429, { 'retry-after': '7' }, 429, '7'],
    [429, { 'retry-after-ms': '1500' }, 429, '2'],
    [503, { 'retry-after': '7' }, 503, '7'],
    // Anthropic's own status for too much work, which clients do not know as one to try again after.
    [529, { 'retry-after': '7' }, 503, '7'],
    [529, {}, 503, null],
  ])('with %s and %j is told to the caller as %s, to come back after %s s', async (status, headers, told, after) => {
    await using it = await startApp({ change: once })
    it.upstream.script([{ status, headers, body: { error: { message: 'Later.' } } }])
    // The row has another key, which would answer.
    it.upstream.script([{ status, headers, body: { error: { message: 'Later.' } } }])
    const reply = await post(it.url, `${status}`)
    expect(reply.status).toBe(told)
    expect(reply.headers.get('retry-after')).toBe(after)
    expect(reply.headers.get('x-should-retry')).toBe('true')
  })
})

describe('22: encodings', () => {
  test('a compressed reply is read, and what the caller gets is not called compressed', async () => {
    await using it = await startApp()
    const zipped = gzipSync(JSON.stringify(completion({ content: 'Hello' })))
    it.upstream.script([
      { headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' }, body: [zipped] },
    ])
    const reply = await post(it.url, 'hi')
    expect(reply.headers.get('content-encoding')).toBeNull()
    expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'Hello' } }] })
  })
})

describe('23: many at once', () => {
  test('a limit that callers share is taken before anything is awaited: 50 at once are not more than it allows', async () => {
    await using it = await startApp({
      change: limitCallers(requestsAMinute(7)),
    })
    const replies = await Promise.all(Array.from({ length: 50 }, (_, n) => post(it.url, `Question ${n}`)))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(7)
    expect(statuses.filter((status) => status === 429)).toHaveLength(43)
    expect(it.upstream.requests).toHaveLength(7)
  })

  test('each pays for itself, within its own limit of cost', async () => {
    await using it = await startApp()
    const asked = Array.from({ length: 30 }, (_, n) => {
      const requirements = { max_cost_usd: (n + 60) / 10_000 }
      const request = ask(`Write a story about the number ${n}.`, { use_cache: false, model: 'gpt-4o', requirements })
      return hear(it.app.gateway.complete(request, context({ requestId: `many_${n}` })))
    })
    for (const { error } of await Promise.all(asked)) expect(error).toBeNull()
    expect(it.receipts).toHaveLength(30)
    for (const { id, costNanoUsd } of it.receipts) {
      expect(costNanoUsd).toBeGreaterThan(0n)
      expect(costNanoUsd).toBeLessThanOrEqual(BigInt(Number(id.slice('many_'.length)) + 60) * 100_000n)
    }
  })
})
