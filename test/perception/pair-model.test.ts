import fs, { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { AutoTokenizer, env } from '@xenova/transformers'
import { describe, expect, test, vi } from 'vitest'
import { createGraph } from '../../scripts/model/onnx.mjs'
import { loadConfig } from '../../src/config/config.ts'
import { loadPairModel } from '../../src/perception/pair-model.ts'
import { loadTokenizer } from '../../src/perception/tokenizer.ts'
import { projectRoot } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { embedder } = loadConfig({ root: projectRoot, env: {} })
const folder = embedder?.folder ?? ''
const isThere = existsSync(path.join(folder, 'set-up.json'))

/** A network whose logit is the sum of the pieces' numbers, those of the second text twice. */
const sumOfPieces = (): Uint8Array => {
  const { constant, apply, finish } = createGraph()
  const [ids = '', mask = '', types = ''] = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
    apply('Cast', [name], { to: 1 }),
  )
  const one = constant('one', [], Float32Array.of(1))
  const weighed = apply('Mul', [apply('Mul', [ids, mask]), apply('Add', [types, one])])
  const axis = constant('axis', [1], BigInt64Array.of(1n))
  const sums = apply('Unsqueeze', [apply('ReduceSum', [weighed, axis], { keepdims: 1 }), axis])
  const inputs = ['input_ids', 'attention_mask', 'token_type_ids']
  return Buffer.concat(finish({ inputs, output: 'logits', from: sums, shape: ['batch', 'sequence', 1] }))
}

const layModel = (root: string): string => {
  const pairFolder = path.join(root, 'near-verifier')
  mkdirSync(path.join(pairFolder, 'onnx'), { recursive: true })
  writeFileSync(path.join(pairFolder, 'onnx/model_int8.onnx'), sumOfPieces())
  return pairFolder
}

const tokenize = async () => {
  env.localModelPath = path.dirname(folder)
  env.allowRemoteModels = false
  return AutoTokenizer.from_pretrained(path.basename(folder), { local_files_only: true })
}

describe.skipIf(!isThere)("the embedding model's own weights (skipped where set-up could not get them)", () => {
  test('have the vocabulary by which a pair is read as one text, in both orders, and the two are averaged', async () => {
    using root = temporaryFolder()
    const model = await loadPairModel({ pairFolder: layModel(root.path) }, await loadTokenizer(folder))
    expect(model.fingerprint).toMatch(/^near-verifier\/[0-9a-f]{16}$/)
    const { encode } = await tokenize().then((tokenizer) => ({ encode: (text: string) => tokenizer.encode(text) }))
    const sum = (ids: readonly number[]): number => ids.reduce((all, id) => all + id, 0)
    const logit = (one: string, other: string): number => sum(encode(one)) + 2 * sum(encode(other).slice(1))

    const pairs = [
      { stored: 'How do I boil an egg?', asked: 'How is an egg boiled?' },
      { stored: 'a', asked: '' },
      { stored: '你好', asked: 'hello there' },
    ]
    const logits = await model.score(pairs)
    for (const [at, { stored, asked }] of pairs.entries())
      expect(logits[at]).toBeCloseTo((logit(stored, asked) + logit(asked, stored)) / 2, 0)
    expect(await model.score([])).toEqual([])
  })

  test('are read by the runtime alone, not into memory as well', async () => {
    using root = temporaryFolder()
    const tokenizer = await loadTokenizer(folder)
    using streams = vi.spyOn(fs, 'createReadStream')
    await loadPairModel({ pairFolder: layModel(root.path) }, tokenizer)
    expect(
      streams.mock.calls.map(([file]) => path.basename(String(file))).filter((file) => file.endsWith('.onnx')),
    ).toEqual([])
  })

  test('serve nobody a pair that is longer than what is read whole', async () => {
    using root = temporaryFolder()
    const model = await loadPairModel({ pairFolder: layModel(root.path) }, await loadTokenizer(folder))
    const words = (count: number): string => Array.from({ length: count }, () => 'time').join(' ')
    const [fits, long] = await model.score([
      { stored: words(126), asked: words(127) },
      { stored: words(127), asked: words(127) },
    ])
    expect(fits).toBeGreaterThan(0)
    expect(long).toBe(-Infinity)
  })

  test('come without a pair model where set-up made none, which is said in words', async () => {
    using root = temporaryFolder()
    const pairFolder = path.join(root.path, 'near-verifier')
    await expect(loadPairModel({ pairFolder }, await loadTokenizer(folder))).rejects.toThrow(
      `the pair model is not in ${pairFolder}`,
    )
  })
})
