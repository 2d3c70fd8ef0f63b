import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChatAnswers } from '../../../src/cache/chat-answers.ts'
import { addComparison, noEvidence } from '../../../src/cache/bound.ts'
import type { Evidence } from '../../../src/cache/bound.ts'
import type { ChatRequest } from '../../../src/contract/chat.ts'
import { plainRequest } from '../../support/plain.ts'
import { says } from '../answer-of.ts'

const kind = createChatAnswers({ taskOf: () => 'qa', mayServe: () => () => true })

const partitionOf = (request: ChatRequest, scope: string, embedder: string): string | undefined =>
  kind.readQuestion?.({ request, scope, simulated: false }).near?.partitionOf(embedder)

const request = fc.record({
  model: fc.constantFrom<ChatRequest['model']>(
    { kind: 'auto' },
    { kind: 'named', model: 'a' },
    { kind: 'named', model: 'b' },
  ),
  system: fc.constantFrom('', 'Be brief.', 'Be long.'),
  temperature: fc.constantFrom(undefined, 0, 0.2),
  maxOutputTokens: fc.constantFrom(undefined, 10, 20),
  seed: fc.constantFrom(undefined, 1),
  stop: fc.constantFrom<string[] | undefined>(undefined, ['x']),
  extra: fc.constantFrom({}, { verbosity: 'low' }),
  requirements: fc.constantFrom({}, { lowCost: true }, { models: ['a'] }),
  scope: fc.constantFrom('ada', 'bob'),
  embedder: fc.constantFrom('one', 'two'),
})

test('requests that differ in anything but their last text share no partition; those that differ in it alone share one', () => {
  fc.assert(
    fc.property(request, request, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other, a, b) => {
      fc.pre(a.trim() !== '' && b.trim() !== '')
      const made = [one, other].map(({ system, scope, embedder, ...fields }, at) => {
        const last = says(at === 0 ? a : b)
        const first: ChatRequest['messages'] =
          system === '' ? [] : [{ role: 'system', content: [{ type: 'text', text: system }] }]
        return partitionOf(plainRequest({ ...fields, messages: [...first, last] }), scope, embedder)
      })
      expect(made[0]).toBeTypeOf('string')
      expect(made[0] === made[1]).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
    { numRuns: 200 },
  )
})

const after = (differing: readonly boolean[], from: Evidence = noEvidence): Evidence =>
  differing.reduce((evidence, differs) => addComparison(evidence, differs, 0.01), from)

test('a bound breaks on proof, not on one difference, and holds again after 299 clean comparisons', () => {
  expect(after([true]).broken).toBe(false)
  const broken = after([true, true])
  expect(broken).toEqual({ compared: 0, differed: 0, broken: true })
  expect(
    after(
      Array.from({ length: 298 }, () => false),
      broken,
    ).broken,
  ).toBe(true)
  expect(
    after(
      Array.from({ length: 299 }, () => false),
      broken,
    ).broken,
  ).toBe(false)
})
