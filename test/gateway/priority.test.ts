import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Config } from '../../src/config/config.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { createGate } from '../support/gate.ts'

/** One slot at each provider, and who is `local` has at most this priority. */
const oneSlot =
  (most: 'batch' | null = null) =>
  (config: Config): Config => ({
    ...config,
    providers: config.providers.map((row) => ({ ...row, maxConcurrent: 1 })),
    limits: { ...config.limits, priorities: new Map(most === null ? [] : [['local', most]]) },
  })
const env = { EMBEDDER: 'none', CACHE_ENABLED: 'false', OPENAI_API_KEY: 'key-a' }

const post = async ({ url }: TestApp, text: string, priority?: string): Promise<number> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(priority === undefined ? {} : { 'x-gateway-priority': priority }),
    },
    body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content: text }] }),
  })
  await reply.text()
  return reply.status
}

const waitingAt = async ({ url }: TestApp, provider: string): Promise<number | null> => {
  const stats = z
    .object({ providers: z.array(z.looseObject({ id: z.string(), waiting: z.int().nullable() })) })
    .parse(await (await fetch(`${url}/api/stats`)).json())
  return stats.providers.find((row) => row.id === provider)?.waiting ?? null
}

const asked = (it: TestApp): string[] =>
  it.upstream.requests.map(({ body }) => /one|two|three|four/.exec(JSON.stringify(body))?.[0] ?? '')

test.each([
  ['as the header says', null, ['one', 'three', 'four', 'two']],
  ['no higher than the caller may', 'batch', ['one', 'two', 'three', 'four']],
] as const)(
  'who waits for a provider goes by priority, %s',
  async (_, most, expected) => {
    await using it = await startApp({ env, change: oneSlot(most) })
    const gate = createGate()
    it.upstream.script([{ body: [gate] }])
    const held = post(it, 'one')
    await it.upstream.waitForRequest()
    const waiting: Promise<number>[] = []
    for (const [text, priority] of [
      ['two', 'batch'],
      ['three', 'interactive'],
      ['four', undefined],
    ] as const) {
      waiting.push(post(it, text, priority))
      await expect.poll(() => waitingAt(it, 'openai'), { timeout: 20_000 }).toBe(waiting.length)
    }
    gate.open()
    await Promise.all([held, ...waiting])
    expect(asked(it).filter((text, index, all) => all.indexOf(text) === index)).toEqual(expected)
  },
  30_000,
)
