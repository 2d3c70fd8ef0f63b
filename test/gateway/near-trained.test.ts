import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadVerifier } from '../../src/cache/near/load-verifier.ts'
import type { Verifier } from '../../src/cache/near/verifier.ts'
import { parseThresholds, thresholdFor } from '../../src/cache/verify/thresholds.ts'
import { loadEmbedder } from '../../src/perception/embedder.ts'
import { projectRoot, startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { callTool, patient, postChat, remember } from './support/near.ts'

const models = path.join(projectRoot, '.models')
const isThere = ['all-MiniLM-L6-v2', 'near-verifier'].every((model) =>
  existsSync(path.join(models, model, 'set-up.json')),
)

/** What is stored, and other words for the same. */
const paraphrases: readonly (readonly [stored: string, asked: string])[] = [
  ['How can I become a better public speaker?', 'How do I become a better public speaker?'],
  ['What is the best way to learn to play the guitar?', 'What is the best way of learning to play guitar?'],
  ['How do I remove a coffee stain from a carpet?', 'How can I get a coffee stain out of a carpet?'],
  ['Why is the sky blue?', 'What makes the sky blue?'],
  ['How does a refrigerator keep food cold?', 'How do refrigerators keep food cold?'],
  ['What is the meaning of life?', "What's the meaning of our life?"],
  ['How can I improve my English speaking skills?', 'What should I do to improve my spoken English?'],
  ['What are some good books to read on a long flight?', 'Which books are good to read on a long flight?'],
  ['How do bees make honey?', 'How is honey made by bees?'],
  ['How can I stop procrastinating?', 'How do I stop procrastinating?'],
  ['How do I learn to cook?', 'How can I learn cooking?'],
  ['Why do cats purr?', 'What is the reason that cats purr?'],
]

/** What is stored, and near words for something else. */
const traps: readonly (readonly [kind: string, stored: string, asked: string])[] = [
  ['number', 'How do I cook rice for 4 people?', 'How do I cook rice for 40 people?'],
  [
    'number',
    'What can I plant in a garden of ten square metres?',
    'What can I plant in a garden of two square metres?',
  ],
  ['number', 'What happened in world war 1?', 'What happened in world war 2?'],
  ['number', 'What are the main events of chapter 3 of Dracula?', 'What are the main events of chapter 13 of Dracula?'],
  ['number', 'Who was the third president of the United States?', 'Who was the fourth president of the United States?'],
  ['name', 'Who was the wife of Albert Einstein?', 'Who was the wife of Isaac Newton?'],
  ['name', 'What did Plato teach about the soul?', 'What did Aristotle teach about the soul?'],
  ['name', 'When was Emma Watson born?', 'When was Emma Stone born?'],
  ['name', 'Is Mercury larger than the Moon?', 'Is Venus larger than the Moon?'],
  ['place', 'What is the capital of Australia?', 'What is the capital of Austria?'],
  ['place', 'Why do so many people live in Paris?', 'Why do so many people live in Prague?'],
  ['place', 'How do people greet each other in Japan?', 'How do people greet each other in Korea?'],
  ['place', 'What is the longest river in Africa?', 'What is the longest river in Asia?'],
  ['negation', 'Which birds can fly?', 'Which birds cannot fly?'],
  ['negation', 'Why do some people like coffee?', 'Why do some people not like coffee?'],
  ['negation', 'How do I bake bread with yeast?', 'How do I bake bread without yeast?'],
  ['negation', 'Which metals are magnetic?', 'Which metals are non-magnetic?'],
  ['negation', 'Should I water a cactus every day?', 'Should I never water a cactus?'],
  ['antonym', 'How do I increase the brightness of a screen?', 'How do I decrease the brightness of a screen?'],
  ['antonym', 'What is the hottest place on Earth?', 'What is the coldest place on Earth?'],
  ['antonym', 'What are the advantages of nuclear power?', 'What are the disadvantages of nuclear power?'],
  ['antonym', 'How do I enable dark mode on a phone?', 'How do I disable dark mode on a phone?'],
  ['antonym', 'Which animals sleep during the day?', 'Which animals sleep during the night?'],
  ['reversal', 'How do I convert miles to kilometres?', 'How do I convert kilometres to miles?'],
  ['reversal', 'How long is the train from Vienna to Munich?', 'How long is the train from Munich to Vienna?'],
  ['reversal', 'How do I change from tea to coffee?', 'How do I change from coffee to tea?'],
  ['role swap', 'Why do cats chase dogs?', 'Why do dogs chase cats?'],
  ['role swap', 'How can a student help a teacher?', 'How can a teacher help a student?'],
  ['role swap', 'Is a whale heavier than an elephant?', 'Is an elephant heavier than a whale?'],
  ['role swap', 'Can a king command a bishop?', 'Can a bishop command a king?'],
  ['time', 'What should I do before a long run?', 'What should I do after a long run?'],
  ['time', 'What was life like in Rome in the first century?', 'What was life like in Rome in the fifth century?'],
  ['time', 'What did people eat in the middle ages?', 'What did people eat in the stone age?'],
  ['time', 'Which flowers bloom in spring?', 'Which flowers bloom in autumn?'],
  ['unit', 'How heavy is a bag of 5 kg of flour?', 'How heavy is a bag of 5 lb of flour?'],
  ['unit', 'How far is 10 miles on foot?', 'How far is 10 km on foot?'],
  ['unit', 'Is 30 degrees Celsius warm?', 'Is 30 degrees Fahrenheit warm?'],
  ['acronym', 'What does NATO do?', 'What does NASA do?'],
  ['acronym', 'What does the WHO do?', 'What does the WTO do?'],
  ['acronym', 'How does an LED screen work?', 'How does an LCD screen work?'],
  ['other word', 'How do I grow tomatoes in a pot?', 'How do I grow potatoes in a pot?'],
  ['other word', 'How do I clean a leather sofa?', 'How do I clean a leather jacket?'],
]

/** What the shipped configuration serves of the paraphrases; the others are misses, which cost money and nothing else. */
const fewestServed = 2

const trained = async (): Promise<Verifier> => {
  const loaded = await loadVerifier()
  if (loaded.verifier === null) throw new Error(loaded.why)
  return loaded.verifier
}

/** Of the bound that holds unless an operator sets another. */
const calibration = parseThresholds(
  JSON.parse(readFileSync(path.join(projectRoot, 'models/near-verifier/thresholds.json'), 'utf8')),
)
const threshold = thresholdFor(calibration, 'joined', 0.01) ?? 1

const [plain, reworded] = paraphrases[0] ?? ['', '']
const request = (prompt: string) => ({ prompt, model: 'gpt-6-luna' })

describe.skipIf(!isThere)("the pair model's own weights (skipped where set-up could not get them)", () => {
  describe('with the trained verifier, in a running gateway', () => {
    let app: TestApp
    beforeAll(async () => {
      app = await startApp({ env: { EMBEDDER: 'int8' }, change: patient })
      await remember(app, [...paraphrases.map(([text]) => text), ...traps.map(([, text]) => text)])
    }, 240_000)
    afterAll(async () => app?.[Symbol.asyncDispose]())

    test('some clear paraphrases are served at a bound of 1 %, each with the answer to the question it means', async () => {
      const served: string[] = []
      for (const [stored, asked] of paraphrases) {
        const { cache, receipt } = await postChat(app, asked, { cache_ttl: 0 })
        if (cache !== 'near') continue
        served.push(asked)
        expect(receipt?.recalled?.p).toBeGreaterThanOrEqual(threshold)
        const [entry] = await app.app.stores.entries.read([receipt?.recalled?.entryId ?? ''])
        expect(entry?.near?.text).toBe(stored)
      }
      expect(served.length).toBeGreaterThanOrEqual(fewestServed)
    }, 120_000)

    test.each(traps)('a trap is compared and not served: %s, %s / %s', async (_kind, _stored, asked) => {
      const { cache, receipt } = await postChat(app, asked, { cache_ttl: 0 })
      expect(cache).toBe('miss')
      expect(receipt?.cacheReason).toMatch(/^(?:vetoed|unsure|no_neighbours)$/)
    })

    test('both readers together decide, by the threshold that was calibrated', async () => {
      const { near } = await callTool(app, 'explain_cache', request(reworded))
      expect(near).toMatchObject({ verdict: 'hit', form: 'joined', threshold })
    })
  })

  test('the thresholds are for the embedder that set-up gets, and for no other', async () => {
    const { isCalibratedFor } = await trained()
    const folder = path.join(models, 'all-MiniLM-L6-v2')
    const { facts } = await loadEmbedder({ folder, form: 'int8' })
    expect(isCalibratedFor(facts)).toBe(true)
    expect(isCalibratedFor({ ...facts, name: 'another' })).toBe(false)
    expect(isCalibratedFor({ ...facts, form: 'fp32' })).toBe(false)
    expect(isCalibratedFor({ ...facts, files: facts.files.map((file) => ({ ...file, sha256: '0' })) })).toBe(false)
  })

  test('with another pair model than was calibrated the trees decide alone, which at 1 % serve nothing', async () => {
    const verifier = { ...(await trained()), isCalibratedForPairs: (reader: string) => reader === 'another' }
    await using app = await startApp({ change: patient, overrides: { verifier } })
    await remember(app, [plain])
    const { cache, receipt } = await postChat(app, reworded, { cache_ttl: 0 })
    expect(cache).toBe('miss')
    expect(receipt?.cacheReason).toBe('uncalibrated')
    const { near } = await callTool(app, 'explain_cache', request(reworded))
    expect(near).toMatchObject({ verdict: 'uncalibrated', form: 'trees', threshold: null })
  }, 120_000)
})
