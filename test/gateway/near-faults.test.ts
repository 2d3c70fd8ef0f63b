import { expect, test } from 'vitest'
import { tasks } from '../../src/contract/plan.ts'
import { plainVerifier } from '../cache/near/plain-verifier.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { callTool, patient, postChat, remember, standIn } from './support/near.ts'

/** A gateway whose embedder needs no weights, and for which every kind of work may be near. */
const start = (near: Partial<TestApp['config']['cache']['near']> = {}, worker: object = {}, maxWaiting = 100) =>
  startApp({
    change: (config) => {
      const { cache, embedder, ...others } = patient(config)
      return {
        ...others,
        embedder: embedder && { ...embedder, maxWaiting },
        cache: { ...cache, near: { ...cache.near, classes: tasks, ...near } },
      }
    },
    overrides: { ...standIn(worker), verifier: plainVerifier() },
  })

const refusals = async (it: TestApp): Promise<unknown> => {
  const stats: unknown = await (await fetch(`${it.url}/api/cache`)).json()
  return Object(Object(stats).near).refusals
}

test('over whose question the worker ends is answered all the same, and the next one finds its near answer', async () => {
  await using it = await start()
  await remember(it, ['How do I become a better public speaker?'])
  const lost = await postChat(it, 'crash courses in painting, what are they about?', { cache_ttl: 0 })
  expect(lost).toMatchObject({ status: 200, cache: 'miss', receipt: { cacheReason: 'lost', outcome: 'complete' } })
  expect(await refusals(it)).toMatchObject({ lost: 1 })
  await expect
    .poll(async () => (await postChat(it, 'How may I become a better public speaker?', { cache_ttl: 0 })).cache)
    .toBe('near')
})

test('a question of an embedder that has no time is skipped, answered and counted', async () => {
  await using it = await start({ deadlineMs: 0 })
  const answers = [await postChat(it, 'How do bees make honey?'), await postChat(it, 'How do bees make their honey?')]
  for (const answer of answers)
    expect(answer).toMatchObject({ status: 200, cache: 'miss', receipt: { cacheReason: 'late' } })
  expect(await refusals(it)).toEqual({ late: 2 })
  expect((await postChat(it, 'how do bees make honey')).cache).toBe('canonical')
})

test('questions for which there is no room in the line are skipped, answered and counted', async () => {
  await using it = await start({}, {}, 1)
  await postChat(it, 'How do bees make honey?', { cache_ttl: 0 })
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, at) =>
      postChat(it, `slow 300 beasts like the sloth: why is number ${at} so slow?`, { cache_ttl: 0 }),
    ),
  )
  for (const { status, cache } of answers) expect({ status, cache }).toEqual({ status: 200, cache: 'miss' })
  const counted = Object(await refusals(it)) as Record<string, number>
  // Two find room: one at work and one in line.
  expect(counted['queue-full']).toBe(4)
})

test('explain_cache names each veto of each neighbour, how likely the others are right, and what that is held against', async () => {
  await using it = await start({}, { alike: true })
  await remember(it, ['Which birds can fly?', 'Which 7 birds can fly?', 'Which birds cannot fly?'])
  const { near } = await callTool(it, 'explain_cache', { prompt: 'Which birds can really fly?', model: 'gpt-6-luna' })
  expect(near).toMatchObject({ verdict: 'hit', mode: 'on', max_false_hit_rate: 0.01, threshold: 0.7, form: 'joined' })
  const { candidates } = Object(near) as {
    candidates: { entry_id: string; similarity: number; p: number | null; vetoes: { guard: string }[] }[]
  }
  const seen = new Map<string | undefined, unknown>()
  for (const { entry_id: id, similarity, p, vetoes } of candidates) {
    expect(similarity).toBeCloseTo(1, 5)
    expect(p === null).toBe(vetoes.length > 0)
    const [entry] = await it.app.stores.entries.read([id])
    seen.set(
      entry?.near?.text,
      vetoes.map(({ guard }) => guard),
    )
  }
  expect(Object.fromEntries(seen)).toEqual({
    'Which birds can fly?': [],
    'Which 7 birds can fly?': ['numbers'],
    'Which birds cannot fly?': ['negation'],
  })
  expect(candidates[0]?.p).toBeGreaterThan(0.9)
  const stats: unknown = await (await fetch(`${it.url}/api/cache`)).json()
  // Whoever explains is no caller: only the three that were asked count.
  expect(Object(Object(stats).near).asked).toBe(3)
})

test('a bad answer is banned for that question alone; wrong for two, its entry serves none but its own', async () => {
  await using it = await start({}, { alike: true })
  const [own, first, second, third] = [
    'How do I become a better public speaker?',
    'How can I become a better public speaker?',
    'How may I become a better public speaker?',
    'How might I become a better public speaker?',
  ]
  await remember(it, [own])
  const given = async (text: string) => postChat(it, text, { cache_ttl: 0 })
  const callBad = async (text: string): Promise<unknown> => {
    const { cache, receipt } = await given(text)
    expect(cache).toBe('near')
    return (await callTool(it, 'cache_feedback', { verdict: 'bad', request_id: receipt?.id }))['outcome']
  }

  expect(await callBad(first)).toBe('pair_banned')
  expect((await given(first)).receipt).toMatchObject({ cache: 'miss', cacheReason: 'vetoed' })
  expect((await given(third)).cache).toBe('near')
  expect(await callBad(second)).toBe('only_exact_now')
  for (const text of [first, second, third])
    expect((await given(text)).receipt).toMatchObject({ cache: 'miss', cacheReason: 'no_neighbours' })
  expect((await given(own)).cache).toBe('exact')
})
