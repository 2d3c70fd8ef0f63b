import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from '../support/process.ts'
import { lacksRedis, startRedis } from '../support/redis.ts'
import type { TestRedis } from '../support/redis.ts'
import { startUpstream } from '../support/upstream.ts'
import type { Upstream } from '../support/upstream.ts'
import { startWire } from '../support/wire.ts'

type Instance = Awaited<ReturnType<typeof serve>>

interface Reply {
  status: number
  text: string
  cache: string
  costNanoUsd: bigint
}

const answer = z.object({
  choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]),
  gateway: z.object({ cache: z.string(), cost_nano_usd: z.string() }),
})

const post = ({ url }: Instance, body: object): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', ...body }),
  })

const messages = (text: string): object => ({ messages: [{ role: 'user', content: text }] })

const ask = async (instance: Instance, text: string): Promise<Reply> => {
  const reply = await post(instance, messages(text))
  const said = answer.safeParse(await reply.json())
  if (!said.success) return { status: reply.status, text: '', cache: '', costNanoUsd: 0n }
  const { choices, gateway } = said.data
  const costNanoUsd = BigInt(gateway.cost_nano_usd)
  return { status: reply.status, text: choices[0].message.content, cache: gateway.cache, costNanoUsd }
}

const chunk = z.object({ choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }) })) })

/** The text of an answer that is streamed; throws where the stream has no end. */
const stream = async (instance: Instance, text: string): Promise<string> => {
  const reply = await post(instance, { stream: true, ...messages(text) })
  const events = (await reply.text()).split('\n\n').flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])
  if (events.pop() !== '[DONE]') throw new Error('The stream broke off')
  return events
    .map((event) => chunk.parse(JSON.parse(event)))
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')
}

describe.skipIf(lacksRedis)('with Redis (skipped where it is not installed)', () => {
  let server: TestRedis
  let started = 0
  beforeAll(async () => {
    server = await startRedis()
  }, 60_000)
  afterAll(() => server?.[Symbol.asyncDispose](), 60_000)

  const urlOf = (port: number): string => {
    started += 1
    return `redis://127.0.0.1:${port}?prefix=instances${started}:`
  }

  /** Instances of one gateway: processes that have nothing in common but Redis and the provider. */
  const startInstances = async (upstream: Upstream, count: number, said: Readonly<Record<string, string>> = {}) => {
    const env = {
      PROVIDERS: 'openai',
      OPENAI_API_KEY: 'key-a',
      OPENAI_BASE_URL: `${upstream.url}/openai/v1`,
      DATA_DIR: ':memory:',
      EMBEDDER: 'none',
      CACHE_KEY: Buffer.alloc(32, 7).toString('base64'),
      REDIS_URL: urlOf(server.port),
      RATE_LIMIT_MAX_REQUESTS: '100000',
      ...said,
    }
    const instances = await Promise.all(Array.from({ length: count }, () => serve(env)))
    return {
      instances,
      [Symbol.asyncDispose]: async () => {
        await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()))
      },
    }
  }
  const calls = (upstream: Upstream): number => upstream.requests.filter(({ method }) => method === 'POST').length

  test('1,000 identical requests over three instances are one call to the provider, and paid once', async () => {
    await using upstream = await startUpstream()
    await using it = await startInstances(upstream, 3)
    upstream.script([{ kind: 'slow-first-token', ms: 2_000 }])
    const asked = Array.from({ length: 1_000 }, (_, index) => it.instances[index % 3])
    const streamed: Promise<string>[] = []
    const replies: Promise<Reply>[] = []
    for (const [index, instance] of asked.entries()) {
      if (!instance) continue
      if (index % 10 === 0) streamed.push(stream(instance, 'What is TCP?'))
      else replies.push(ask(instance, 'What is TCP?'))
    }
    const said = await Promise.all(replies)
    const texts = new Set([...said.map(({ text }) => text), ...(await Promise.all(streamed))])
    expect(texts.size).toBe(1)
    expect([...texts][0]).not.toBe('')
    expect(new Set(said.map(({ status }) => status))).toEqual(new Set([200]))
    expect(calls(upstream)).toBe(1)
    expect(said.filter(({ cache }) => cache === 'miss').length).toBeLessThanOrEqual(1)
    expect(said.filter(({ costNanoUsd }) => costNanoUsd > 0n).length).toBeLessThanOrEqual(1)
    expect(said.filter(({ cache }) => cache === 'shared').length).toBeGreaterThan(0)
    // Whoever asks later has it too, wherever he asks.
    const later = await Promise.all(it.instances.map((instance) => ask(instance, 'What is TCP?')))
    expect(later.map(({ cache }) => cache)).toEqual(['exact', 'exact', 'exact'])
    expect(calls(upstream)).toBe(1)
  }, 120_000)

  test('without CACHE_KEY nothing leaves the instance, and the start says so', async () => {
    await using upstream = await startUpstream()
    await using it = await startInstances(upstream, 2, { CACHE_KEY: '' })
    for (const instance of it.instances) {
      expect(instance.stdout()).toContain('each instance remembers answers for itself: with CACHE_KEY')
      expect(await ask(instance, 'What is TCP?')).toMatchObject({ cache: 'miss' })
      expect(await ask(instance, 'What is TCP?')).toMatchObject({ cache: 'exact' })
    }
  }, 120_000)

  test('when the one that answers is killed another goes on, and all who are left get its answer', async () => {
    await using upstream = await startUpstream()
    await using it = await startInstances(upstream, 3)
    const [first, ...others] = it.instances
    if (!first) throw new Error('None was started')
    upstream.script([{ kind: 'slow-first-token', ms: 600_000 }])
    const lost = ask(first, 'What is UDP?').catch((error: unknown) => error)
    await upstream.waitForRequest()
    const waiting = others.flatMap((instance) => [ask(instance, 'What is UDP?'), stream(instance, 'What is UDP?')])
    first.child.kill('SIGKILL')
    expect(await lost).toBeInstanceOf(Error)
    const said = await Promise.all(waiting)
    const texts = said.map((reply) => (typeof reply === 'string' ? reply : reply.text))
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).not.toBe('')
    expect(calls(upstream)).toBe(2)
  }, 120_000)

  test('when Redis is cut off in the middle everybody gets an answer, and they share again when it is back', async () => {
    await using wire = await startWire(server.port)
    await using upstream = await startUpstream()
    await using it = await startInstances(upstream, 3, { REDIS_URL: urlOf(wire.port) })
    const [first, ...others] = it.instances
    if (!first) throw new Error('None was started')
    upstream.script([{ kind: 'slow-first-token', ms: 3_000 }])
    const leading = ask(first, 'What is DNS?')
    await upstream.waitForRequest()
    const waiting = others.map((instance) => ask(instance, 'What is DNS?'))
    wire.cut()
    const said = await Promise.all([leading, ...waiting])
    expect(said.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(calls(upstream)).toBe(3)

    wire.mend()
    for (const instance of it.instances)
      await expect
        .poll(() => instance.stdout(), { timeout: 20_000 })
        .toContain('answers are shared by all instances again')
    expect(await ask(first, 'What is TLS?')).toMatchObject({ cache: 'miss' })
    for (const instance of others) expect(await ask(instance, 'What is TLS?')).toMatchObject({ cache: 'exact' })
  }, 120_000)
})
