import { expect, test } from 'vitest'
import type { ScorePairs } from '../../../src/contract/near.ts'
import { createJudge } from '../../../src/cache/near/judge.ts'
import type { Candidate } from '../../../src/cache/near/judge.ts'
import { answerOf } from '../answer-of.ts'
import { entryOf } from '../entry-of.ts'
import { plainVerifier } from './plain-verifier.ts'

const candidate = (id: string, text: string, cosine: number, says = 'Out of nectar.'): Candidate => ({
  entry: {
    ...entryOf({ id, key: id, answer: answerOf({ events: [{ type: 'text', choice: 0, text: says }] }) }),
    near: { partition: 'p', text, vector: Float32Array.of(1) },
  },
  cosine,
})

const candidates = [
  candidate('a', 'How do the bees make honey?', 0.9),
  candidate('b', 'How can bees make honey?', 0.8),
  candidate('c', 'How do 3 bees make honey?', 0.99),
  candidate('d', 'How might bees make honey?', 0.78),
  candidate('e', 'How could bees make honey?', 0.72),
]

const judgeWith = (
  scorePairs: ScorePairs | null,
  said: Partial<Parameters<ReturnType<typeof createJudge>>[0]> = {},
  reader = 'calibrated',
) =>
  createJudge({
    verifier: plainVerifier({
      isCalibratedForPairs: (name) => name === reader,
      probability: (words, pair) => 1 / (1 + Math.exp(-(pair ?? words))),
    }),
    scorePairs,
  })({
    asked: 'How do bees make honey?',
    candidates,
    refuse: () => null,
    isShort: true,
    lowestP: 0,
    enoughP: null,
    leftMs: () => 1000,
    signal: new AbortController().signal,
    ...said,
  })

/** Finds the longer question the likelier. */
const byLength: ScorePairs = async (pairs) => ({
  kind: 'found',
  logits: pairs.map(({ stored }) => stored.length - 25),
  reader: 'calibrated',
})

const inOrder = (judged: Awaited<ReturnType<typeof judgeWith>>) =>
  judged.map(({ entry, form }) => `${entry.id} ${form}`)

test('the model that reads both texts weighs in on the best three; the vetoed come last, with their reasons', async () => {
  const judged = await judgeWith(byLength)
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
  const judged = await judgeWith(scorePairs, { isShort }, reader)
  expect(inOrder(judged)).toEqual(['a trees', 'b trees', 'd trees', 'e trees', 'c trees'])
})

/** Notes what it was asked to read, and finds everything likely. */
const noting = (read: string[], logit = 3): ScorePairs => {
  const score: ScorePairs = async (pairs) => {
    read.push(...pairs.map(({ stored }) => stored))
    return { kind: 'found', logits: pairs.map(() => logit), reader: 'calibrated' }
  }
  return score
}

test('once one is likely enough no other is read, whose answer does not contradict it', async () => {
  const read: string[] = []
  const judged = await judgeWith(noting(read), { enoughP: 0.95 })
  expect(read).toEqual(['How do the bees make honey?'])
  expect(inOrder(judged)[0]).toBe('a joined')
  expect(judged.slice(1).map(({ p }) => p)).toEqual([null, null, null, null])
})

test('one that says something else is read, lest two that would serve contradict each other', async () => {
  const read: string[] = []
  const others = [
    ...candidates.slice(0, 3),
    candidate('d', 'How might bees make honey?', 0.78, 'They never do, wasps do.'),
  ]
  const judged = await judgeWith(noting(read), { candidates: others, enoughP: 0.95 })
  expect(read).toEqual(['How do the bees make honey?', 'How might bees make honey?'])
  expect(judged.filter(({ form, p }) => form === 'joined' && p !== null)).toHaveLength(2)
})

test('as long as none is likely enough the next is read', async () => {
  const read: string[] = []
  await judgeWith(noting(read, 2), { enoughP: 0.95 })
  expect(read).toHaveLength(3)
})

test('whom not even the best reading could save is not read', async () => {
  const read: string[] = []
  await judgeWith(noting(read), { lowestP: 0.999 })
  expect(read).toEqual([])
})

test('where the second reading is late nobody serves on the first alone', async () => {
  let readings = 0
  const slow: ScorePairs = async () =>
    (readings += 1) === 1
      ? { kind: 'found', logits: [0], reader: 'calibrated' }
      : { kind: 'skipped', reason: 'late', why: 'it took long' }
  const judged = await judgeWith(slow, { enoughP: 0.95 })
  expect(judged.slice(0, 3).map(({ form, unread }) => `${form} ${unread}`)).toEqual(Array(3).fill('trees late'))
})
