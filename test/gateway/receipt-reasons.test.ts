import { expect, test } from 'vitest'
import { closeTrail, openTrail } from '../../src/gateway/trail.ts'
import type { Attempt } from '../../src/gateway/trail.ts'
import { card, chatRequest, everyTask, routeIn } from '../routing/support.ts'
import { context } from '../support/ask.ts'

const able = Array.from({ length: 30 }, (_, at) => card(`a:model-${at}`, { quality: everyTask(1 - at / 100) }))
const blind = Array.from({ length: 12 }, (_, at) =>
  card(`b:blind-${at}`, { capabilities: { tools: true, vision: true, jsonSchema: false, reasoning: false } }),
)

const request = chatRequest({ responseFormat: { type: 'json_schema', name: 'x', schema: {}, strict: false } })

const receiptOf = (cards: typeof able, tried: readonly string[]) => {
  const clock = { now: () => 0 }
  const trail = openTrail({ operation: 'chat', request, context: context(), deadlineMs: 1_000, clock })
  trail.plan = routeIn({ cards }, request)
  trail.attempts.push(...tried.map(attemptAt))
  return { plan: trail.plan, ...closeTrail(trail, { outcome: 'complete', errorCode: null, nowMs: 1 }) }
}

const attemptAt = (key: string): Attempt => ({
  card: card(key),
  keyIndex: 0,
  startedAtMs: 0,
  durationMs: 1,
  firstTokenMs: 1,
  outcome: 'answered',
  errorCode: null,
  upstreamStatus: null,
  reason: null,
  begun: true,
  answeredModel: null,
  reportedUsage: null,
  usageSoFar: null,
  written: [],
  usage: null,
  priceId: null,
  costNanoUsd: null,
})

test('a receipt has the ten best candidates and whoever was tried, and counts the others', () => {
  const { plan, candidates, refusals, leftOut } = receiptOf([...able, ...blind], ['a:model-0', 'a:model-25'])
  const best = plan.candidates.map(({ card: { key } }) => key)
  expect(candidates.map(({ model }) => model)).toEqual([...best.slice(0, 10), 'a:model-25'])
  expect(candidates[0]).toMatchObject({ score: plan.candidates[0]?.score, factors: plan.candidates[0]?.factors() })
  expect(refusals).toEqual(plan.refusals.slice(0, 10))
  expect(leftOut).toEqual({ candidates: 19, refusals: 2 })
})

test('where there are few, it has all of them, and says nothing of others', () => {
  const receipt = receiptOf(able.slice(0, 3), [])
  expect(receipt.candidates).toHaveLength(3)
  expect(receipt).not.toHaveProperty('leftOut')
})
