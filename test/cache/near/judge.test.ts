import { expect, test } from 'vitest'
import type { ScorePairs } from '../../../src/contract/near.ts'
import { createJudge } from '../../../src/cache/near/judge.ts'
import type { Candidate } from '../../../src/cache/near/judge.ts'
import { entryOf } from '../entry-of.ts'
import { plainVerifier } from './plain-verifier.ts'

const candidate = (id: string, text: string, cosine: number): Candidate => ({
  entry: { ...entryOf({ id, key: id }), near: { partition: 'p', text, vector: Float32Array.of(1) } },
  cosine,
})

const judge = (scorePairs: ScorePairs | null, reader = 'calibrated', isShort = true) =>
  createJudge({
    verifier: plainVerifier({
      isCalibratedForPairs: (name) => name === reader,
      probability: (words, pair) => 1 / (1 + Math.exp(-(pair ?? words))),
    }),
    scorePairs,
  })({
    asked: 'How do bees make honey?',
    candidates: [
      candidate('a', 'How do the bees make honey?', 0.9),
      candidate('b', 'How can bees make honey?', 0.8),
      candidate('c', 'How do 3 bees make honey?', 0.99),
      candidate('d', 'How might bees make honey?', 0.78),
      candidate('e', 'How could bees make honey?', 0.72),
    ],
    refuse: () => null,
    isShort,
    lowestP: 0,
    leftMs: () => 1000,
    signal: new AbortController().signal,
  })

/** Finds the longer question the likelier. */
const byLength: ScorePairs = async (pairs) => ({
  kind: 'found',
  logits: pairs.map(({ stored }) => stored.length - 25),
  reader: 'calibrated',
})

const inOrder = (judged: Awaited<ReturnType<typeof judge>>) => judged.map(({ entry, form }) => `${entry.id} ${form}`)

test('the model that reads both texts weighs in on the best three; the vetoed come last, with their reasons', async () => {
  const judged = await judge(byLength)
  expect(inOrder(judged)).toEqual(['a joined', 'd joined', 'b joined', 'e trees', 'c trees'])
  expect(judged.map(({ p }) => p === null)).toEqual([false, false, false, true, true])
  expect(judged.at(-1)?.vetoes.map(({ guard }) => guard)).toEqual(['numbers'])
})

test.each([
  ['there is no such model', null, 'calibrated', true],
  ['it is another than was calibrated', byLength, 'another', true],
  ['the question is long', byLength, 'calibrated', false],
  ['it is late', async () => ({ kind: 'skipped', reason: 'late', why: 'it took long' }) as const, 'calibrated', true],
])('words alone decide where %s', async (_why, scorePairs, reader, isShort) => {
  const judged = await judge(scorePairs, reader, isShort)
  expect(inOrder(judged)).toEqual(['a trees', 'b trees', 'd trees', 'e trees', 'c trees'])
})
