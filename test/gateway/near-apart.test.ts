import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalText } from '../../src/cache/canonical.ts'
import type { Receipt } from '../../src/contract/receipt.ts'
import { plainVerifier } from '../cache/near/plain-verifier.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { indexed, patient, remember, postChat, standIn } from './support/near.ts'

// The worst embedder: to it all texts are one. What still keeps two requests apart is what must.

const questions = [
  'How do bees make honey?',
  'Why is the sky blue?',
  'What does a conductor do?',
  'How is glass made?',
  'Why do leaves fall?',
  'How tall is a giraffe?',
]

const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }

const schema = {
  type: 'json_schema',
  json_schema: { name: 'said', schema: { type: 'object', properties: { it: { type: 'string' } }, required: ['it'] } },
}

/** All of a request but its last text. */
const shapes = fc.record({
  caller: fc.constantFrom('ada', 'bob'),
  history: fc.constantFrom<readonly object[]>(
    [],
    [{ role: 'system', content: 'Be brief.' }],
    [{ role: 'system', content: 'Be long.' }],
    [
      { role: 'user', content: 'Hello.' },
      { role: 'assistant', content: 'Hello! What is it?' },
    ],
    [
      { role: 'user', content: 'Hello.' },
      { role: 'assistant', content: 'Go on.' },
    ],
  ),
  fields: fc.record(
    {
      model: fc.constantFrom('gpt-6-luna', 'gpt-6-sol'),
      temperature: fc.constantFrom(0, 0.2),
      top_p: fc.constantFrom(0.5, 0.9),
      max_tokens: fc.constantFrom(100, 200),
      stop: fc.constantFrom(['a stop'], ['another stop']),
      seed: fc.constantFrom(1, 2),
      reasoning_effort: fc.constantFrom('low', 'high'),
      verbosity: fc.constantFrom('low', 'high'),
      response_format: fc.constant(schema),
      tools: fc.constant([tool]),
    },
    { requiredKeys: ['model'] },
  ),
})
type Shape = typeof shapes extends fc.Arbitrary<infer Value> ? Value : never

const tagOf = (shape: Shape): string => `shape:${Buffer.from(JSON.stringify(shape)).toString('base64url')}`

const askIn = async (it: TestApp, shape: Shape, text: string, write: boolean): Promise<Receipt | undefined> => {
  const messages = [...shape.history, { role: 'user', content: text }]
  const request = ask(text, { ...shape.fields, messages })
  const cache = { read: true, write, force: false, tags: [tagOf(shape)] }
  const caller = { id: shape.caller, name: shape.caller, scope: 'use' } as const
  const { error } = await hear(it.app.gateway.complete({ ...request, cache }, context({ caller })))
  expect(error).toBeNull()
  return it.receipts.at(-1)
}

/** Nothing in it keeps it from being compared. */
const mayBeNear = ({ fields }: Shape): boolean =>
  fields.seed === undefined && fields.tools === undefined && fields.response_format === undefined

/** One setting of it is another, or it is as it was. */
const changed = (shape: Shape): fc.Arbitrary<Shape> =>
  fc.oneof(
    { arbitrary: fc.constant(shape), weight: 3 },
    shapes.map(({ history }) => ({ ...shape, history })),
    shapes.map(({ caller }) => ({ ...shape, caller })),
    shapes.map(({ fields }) => ({ ...shape, fields: { ...shape.fields, ...fields } })),
    shapes.map(({ fields }) => ({ ...shape, fields })),
  )

test('requests that differ in anything but their last text share no entry, though all texts look alike and no guard objects', async () => {
  await using it = await startApp({
    change: patient,
    overrides: { ...standIn({ alike: true }), verifier: plainVerifier({ vetoes: () => [] }) },
  })
  const bases = fc.sample(shapes, { numRuns: 120, seed: 6 }).filter(mayBeNear).slice(0, 20)
  let kept = 0
  for (const [at, shape] of bases.entries()) {
    const receipt = await askIn(it, shape, questions[at % questions.length] ?? '', true)
    if (receipt?.cache === 'miss' && receipt.cacheReason === 'no_neighbours') kept += 1
  }
  await indexed(it, kept)

  const given: Record<string, number> = {}
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bases).chain(changed),
      fc.constantFrom(...questions, 'Who invented the umbrella?'),
      async (shape, text) => {
        const receipt = await askIn(it, shape, text, false)
        given[receipt?.cache ?? ''] = (given[receipt?.cache ?? ''] ?? 0) + 1
        if (receipt?.recalled) {
          const [entry] = await it.app.stores.entries.read([receipt.recalled.entryId])
          expect(entry?.tags).toContain(tagOf(shape))
        }
      },
    ),
    { numRuns: 100 },
  )
  // Else nothing was put to the test.
  expect(given['near']).toBeGreaterThan(5)
  expect(given['miss']).toBeGreaterThan(20)
})

/** The same question in another form. */
const forms = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.toLowerCase(),
  (text) => `  ${text.replaceAll(' ', '  ')} `,
  (text) => text.replace('?', ' ??'),
  (text) => `Please: ${text}`,
)

const unlike = [
  ...questions,
  'How do wasps make nests?',
  'Why is the sea salty?',
  'What does a composer do?',
  'How is paper made?',
  'Why do leaves change colour?',
  'How fast is a giraffe?',
]

test('as shipped, nothing is given between different questions by an embedder that was not calibrated; other forms of one are', async () => {
  await using it = await startApp({ change: patient, overrides: standIn({ alike: true }) })
  await remember(it, questions)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...unlike), forms, async (text, inForm) => {
      const { cache, receipt } = await postChat(it, inForm(text), { cache_ttl: 0 })
      if (!questions.includes(text)) {
        expect(cache).toBe('miss')
        expect(receipt?.cacheReason).toMatch(/^(?:vetoed|uncalibrated)$/)
        return
      }
      expect(cache).toMatch(/^(?:exact|canonical)$/)
      const [entry] = await it.app.stores.entries.read([receipt?.recalled?.entryId ?? ''])
      expect(canonicalText(entry?.near?.text ?? '')).toBe(canonicalText(text))
    }),
    { numRuns: 100 },
  )
})
