import { expect, test } from 'vitest'
import { createFeedback } from '../../src/cache/feedback.ts'
import { noNearCounts } from '../../src/cache/near/counts.ts'
import type { NearMemory } from '../../src/cache/near/memory.ts'
import type { Task } from '../../src/contract/plan.ts'
import { createEntries } from '../../src/stores/memory/entries.ts'
import { entryOf } from './entry-of.ts'

const untouched = async (): Promise<never> => {
  throw new Error('not asked for')
}

const start = async () => {
  let nowMs = 0
  const blamed: Task[] = []
  const clock = { now: () => nowMs }
  const entries = createEntries({ maxBytes: 1e6, clock })
  await entries.set(entryOf({ key: 'one', expiresAtMs: 1e12 }))
  const near: NearMemory = {
    look: untouched,
    examine: untouched,
    questionFor: untouched,
    compare: untouched,
    blame: (task) => void blamed.push(task),
    policy: () => {
      throw new Error('not asked for')
    },
    changePolicy: untouched,
  }
  const give = createFeedback({ entries, near, clock })
  const callWrong = (callerId: string, question: string, task: Task = 'qa') =>
    give({ callerId, entryId: 'ent_one', scope: null, question, task, verdict: 'bad' }, noNearCounts())
  return { callWrong, blamed, pass: (ms: number) => void (nowMs += ms) }
}

test("one caller's word weighs on a kind of work's bound once a day, and bans each pair all the same", async () => {
  const { callWrong, blamed, pass } = await start()
  expect(await callWrong('key_a', 'first')).toBe('pair_banned')
  expect(await callWrong('key_a', 'second')).toBe('only_exact_now')
  expect(blamed).toEqual(['qa'])
  await callWrong('key_b', 'first')
  await callWrong('key_a', 'first', 'math')
  expect(blamed).toEqual(['qa', 'qa', 'math'])
  pass(86_400_000)
  await callWrong('key_a', 'first')
  expect(blamed).toEqual(['qa', 'qa', 'math', 'qa'])
})
