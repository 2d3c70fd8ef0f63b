import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { AutoTokenizer, env } from '@xenova/transformers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { model } from '../../scripts/model/published.mjs'
import { loadConfig } from '../../src/config/config.ts'
import type { Perceived } from '../../src/contract/perception.ts'
import { createPerception } from '../../src/perception/perception.ts'
import type { Perception } from '../../src/perception/perception.ts'
import { perceptionWorker } from '../../src/perception/thread.ts'
import { projectRoot } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { embedder } = loadConfig({ root: projectRoot, env: {} })
const folder = embedder?.folder ?? ''
const isThere = existsSync(path.join(folder, 'set-up.json'))
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const settings = { maxWaiting: 1_000, maxRemembered: 4 }
const open = (from: string): Perception =>
  createPerception({
    startWorker: perceptionWorker({ folder: from, form: 'int8', pairFolder: 'none' }),
    settings,
    logger: silent,
  })

const cosine = (one: Perceived, other: Perceived): number =>
  one.vector.reduce((sum, value, index) => sum + value * (other.vector[index] ?? 0), 0)

describe.skipIf(!isThere)("the embedding model's own weights (skipped where set-up could not get them)", () => {
  let perception: Perception
  beforeAll(() => {
    perception = open(folder)
  })
  afterAll(() => perception[Symbol.asyncDispose]())

  const see = async (text: string): Promise<Perceived> => {
    const outcome = await perception.perceive(text, 60_000, new AbortController().signal)
    if (outcome.kind === 'skipped') throw new Error(outcome.why)
    return outcome
  }

  test('are in the files that every machine builds', () => {
    for (const { file, sha256 } of [model.built.int8, model.tokenizer])
      expect(
        createHash('sha256')
          .update(readFileSync(path.join(folder, file)))
          .digest('hex'),
        file,
      ).toBe(sha256)
  })

  test('give vectors of 384 dimensions and length 1', async () => {
    const facts = await perception.ready()
    expect(facts).toMatchObject({ kind: 'ready', facts: { dimensions: 384, maxPieces: 256, form: 'int8' } })
    const seen = await see('What is a circuit breaker?')
    expect(seen).toMatchObject({ tokens: 6, unknown: 0, truncated: false })
    expect(seen.vector).toHaveLength(384)
    expect(cosine(seen, seen)).toBeCloseTo(1, 5)
  })

  test.each([
    ['How do I boil an egg?', 'What is the best way to cook an egg in water?', 'Who won the world cup in 1998?'],
    ['The server does not start', 'My server fails to boot', 'The soup tastes of garlic'],
    ['How can I learn to swim?', 'What should I do to learn swimming?', 'How can I learn to sing?'],
  ])('hold "%s" nearer to a paraphrase than to another question', async (text, paraphrase, other) => {
    const [one, near, far] = await Promise.all([text, paraphrase, other].map(see))
    if (!one || !near || !far) throw new Error('no vectors')
    expect(cosine(one, near)).toBeGreaterThan(cosine(one, far) + 0.1)
  })

  test('give a text the same vector whatever is asked before, after and at the same time', async () => {
    const text = 'Does the order of the questions matter?'
    const alone = await see(text)
    const others = Array.from({ length: 20 }, (_, index) => `${'word '.repeat(index * 7)}${index}`)
    const among = await Promise.all([...others.slice(0, 10), text, ...others.slice(10)].map(see))
    expect(among[10]?.vector).toEqual(alone.vector)
    await using second = open(folder)
    const elsewhere = await second.perceive(text, 60_000, new AbortController().signal)
    expect(elsewhere).toEqual({ kind: 'perceived', ...alone })
  })

  test('read 256 pieces with the closing mark, and no more', async () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'time').join(' ')
    expect(await see(words(254))).toMatchObject({ tokens: 254, truncated: false })
    const cut = await see(words(255))
    expect(cut).toMatchObject({ tokens: 254, truncated: true })
    // Read whole, the longest text has the mark at its end: so has one that was cut.
    expect(cut.vector).toEqual((await see(words(254))).vector)
    expect(await see(`${words(254)} and something else`)).toMatchObject({ truncated: true })
    expect((await see('a'.repeat(5_000_000))).truncated).toBe(true)
  })

  test.each(['', ' ', '\0', '\ud800', '🙂', '你好', 'ـ', '\n\n\n'])('read %j as they read anything', async (text) => {
    const seen = await see(text)
    expect(cosine(seen, seen)).toBeCloseTo(1, 5)
  })

  test('count the pieces for which they have no word', async () => {
    expect(await see('a 龘 b')).toMatchObject({ tokens: 3, unknown: 1 })
  })

  test('are cut into pieces as in the published vocabulary', async () => {
    env.localModelPath = path.dirname(folder)
    env.allowRemoteModels = false
    const tokenizer = await AutoTokenizer.from_pretrained(path.basename(folder), { local_files_only: true })
    // BERT's uncased vocabulary: its line numbers, from https://huggingface.co/google-bert/bert-base-uncased/raw/main/vocab.txt
    expect(tokenizer.encode('Hello, World!')).toEqual([101, 7592, 1010, 2088, 999, 102])
    expect(tokenizer.encode('Café')).toEqual(tokenizer.encode('cafe'))
    expect(tokenizer.encode('unaffable')).toEqual([101, 14477, 20961, 3468, 102])
  })

  test('are refused when a file is damaged or missing, in words', async () => {
    using copy = temporaryFolder()
    cpSync(folder, copy.path, { recursive: true })
    const file = path.join(copy.path, 'onnx/model_int8.onnx')
    const bytes = readFileSync(file)
    bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1
    writeFileSync(file, bytes)
    await using damaged = open(copy.path)
    expect(await damaged.ready()).toMatchObject({ why: expect.stringContaining('model_int8.onnx is damaged') })

    rmSync(path.join(copy.path, 'set-up.json'))
    await using missing = open(copy.path)
    expect(await missing.ready()).toMatchObject({ why: `the embedding model is not in ${copy.path}` })
  })

  test('are shown and measured by the command', async () => {
    const main = path.join(projectRoot, 'src/main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'model', '--json'], { env: {} })
    expect(JSON.parse(stdout)).toMatchObject({
      folder,
      model: 'all-MiniLM-L6-v2',
      form: 'int8',
      fingerprint: expect.stringMatching(/^all-MiniLM-L6-v2\/int8\/[0-9a-f]{16}$/),
      degraded: null,
      speed: [8, 32, 64, 128].map((pieces) => ({ pieces, median_ms: expect.any(Number) })),
    })
  })
})

describe('the command "model" without a model', () => {
  const run = (variables: Record<string, string>) => {
    const main = path.join(projectRoot, 'src/main.ts')
    return new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, [main, 'model'], { env: variables }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, stdout }),
      )
    })
  }

  test('says what is missing and what to do', async () => {
    using empty = temporaryFolder()
    const { code, stdout } = await run({ MODEL_DIR: empty.path })
    expect(code).toBe(1)
    expect(stdout).toContain(`the embedding model is not in ${empty.path}`)
    expect(stdout).toContain('docs/embedding-model.md')
  })

  test('takes EMBEDDER=none for no fault', async () => {
    expect(await run({ EMBEDDER: 'none' })).toMatchObject({ code: 0, stdout: expect.stringContaining('EMBEDDER=none') })
  })
})
