import { z } from 'zod'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

/** What the running gateway did with the second question of a pair. */
export type Outcome = 'exact' | 'canonical' | 'near' | 'miss' | 'bypass'

export interface Asked {
  a: string
  b: string
}

const atOnce = 4
const gatewayObject = z.object({ gateway: z.object({ cached: z.object({ p: z.number().nullable() }).nullable() }) })

/**
 * Gives pairs to a whole gateway, over HTTP: all first questions, then all second ones. Each pair has a system message of its own, and
 * with it a partition of its own, so that a hit can only come from the pair's first question. Nothing is given up for being late
 * here: how long it takes is another measurement.
 */
export const throughGateway = async (pairs: readonly Asked[]): Promise<{ outcome: Outcome; p: number | null }[]> => {
  await using it = await startApp({
    env: { EMBEDDER: 'int8', CACHE_TTL_SECONDS: '86400', CACHE_MAX_BYTES: '2000000000' },
    change: (config) => ({
      ...config,
      rate: null,
      cache: { ...config.cache, near: { ...config.cache.near, deadlineMs: 60_000 } },
    }),
  })
  await inTurn(pairs, ({ a }, index) => ask(it, a, index, {}))
  return await inTurn(pairs, async ({ b }, index) => {
    // Answers to these are not kept: each is asked once, of one candidate.
    const { outcome, body } = await ask(it, b, index, { cache_ttl: 0 })
    return { outcome, p: gatewayObject.safeParse(body).data?.gateway.cached?.p ?? null }
  })
}

const outcome = z.enum(['exact', 'canonical', 'near', 'miss', 'bypass'])

const ask = async (it: TestApp, text: string, index: number, fields: object) => {
  const reply = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-6-luna',
      messages: [
        { role: 'system', content: `Pair ${index}.` },
        { role: 'user', content: text },
      ],
      ...fields,
    }),
  })
  const body: unknown = await reply.json()
  return { outcome: outcome.parse(reply.headers.get('x-gateway-cache')), body }
}

/** A few at a time, in order of arrival; results in the order of the items. */
const inTurn = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = []
  const left = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}
