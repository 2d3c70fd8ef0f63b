import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { encoderFile } from '../../../scripts/model/encoder.mjs'
import { pairModelFile } from '../../../scripts/model/pair-model.mjs'
import type { PairModel } from '../../../scripts/model/pair-model.mjs'
import { readSafetensors } from '../../../scripts/model/safetensors.mjs'
import type { setUpModel } from '../../../scripts/model/set-up.mjs'

type Model = Parameters<typeof setUpModel>[0]['model']

const [hidden, heads, layers, words, places] = [8, 2, 1, 20, 16]
const encoder = { hidden, heads, layers, epsilon: 1e-12 }

/** A model of the same build and some hundred numbers, with the files that a source would give. */
export const tinyModel = (): { model: Model; published: Map<string, Buffer> } => {
  const weights = safetensorsFile(shapes())
  const tokenizer = Buffer.from('{"version":"1.0"}')
  const built = (form: 'int8' | 'fp32') => {
    const content = Buffer.concat(encoderFile({ weights: readSafetensors(weights), encoder, form }))
    return { file: `onnx/${form}.onnx`, bytes: content.byteLength, sha256: sha256(content) }
  }
  const model = {
    name: 'tiny',
    revision: 'r1',
    weights: { file: 'model.safetensors', bytes: weights.byteLength, sha256: sha256(weights) },
    tokenizer: { file: 'tokenizer.json', bytes: tokenizer.byteLength, sha256: sha256(tokenizer) },
    settings: { 'config.json': { model_type: 'bert' } } as unknown as Model['settings'],
    encoder,
    built: { int8: built('int8'), fp32: built('fp32') },
  }
  return {
    model,
    published: new Map([
      ['model.safetensors', weights],
      ['tokenizer.json', tokenizer],
    ]),
  }
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** A correction of the tiny model, and what the pair model comes to with it. */
export const tinyPairModel = (folder: string, target: string, { seed = 0 } = {}): PairModel => {
  const delta = safetensorsFile(correctionShapes(), { half: true, seed })
  const known = { file: 'delta.safetensors', bytes: delta.byteLength, sha256: sha256(delta) }
  writeFileSync(path.join(folder, known.file), delta)
  const weights = safetensorsFile(shapes())
  const built = Buffer.concat(pairModelFile({ pairModel: { folder, delta: known }, weights, encoder }))
  const int8 = { file: 'onnx/model_int8.onnx', bytes: built.byteLength, sha256: sha256(built) }
  return { name: 'tiny-pair', folder, target, delta: known, built: { int8 } }
}

const correctionShapes = (): Map<string, readonly number[]> => {
  const rank = 2
  const published = [...shapes()].filter(([name]) => !/(?:word|position)_embeddings/.test(name))
  return new Map<string, readonly number[]>([
    ...published.flatMap(([name, [outputs = 0, inputs]]): [string, number[]][] =>
      inputs === undefined || name.startsWith('embeddings.')
        ? [[`${name}.change`, [outputs, ...(inputs === undefined ? [] : [inputs])]]]
        : [
            [`${name}.up`, [outputs, rank]],
            [`${name}.down`, [rank, inputs]],
          ],
    ),
    ['pair.dense.weight', [hidden, 2 * hidden]],
    ['pair.dense.bias', [hidden]],
    ['pair.logit.weight', [1, hidden]],
    ['pair.logit.bias', [1]],
  ])
}

const shapes = (): Map<string, readonly number[]> => {
  const linear = (name: string, outputs: number, inputs: number): [string, number[]][] => [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ]
  const norm = (name: string): [string, number[]][] => [
    [`${name}.weight`, [hidden]],
    [`${name}.bias`, [hidden]],
  ]
  const layer = 'encoder.layer.0'
  return new Map([
    ['embeddings.word_embeddings.weight', [words, hidden]],
    ['embeddings.position_embeddings.weight', [places, hidden]],
    ['embeddings.token_type_embeddings.weight', [2, hidden]],
    ...norm('embeddings.LayerNorm'),
    ...['query', 'key', 'value'].flatMap((name) => linear(`${layer}.attention.self.${name}`, hidden, hidden)),
    ...linear(`${layer}.attention.output.dense`, hidden, hidden),
    ...norm(`${layer}.attention.output.LayerNorm`),
    ...linear(`${layer}.intermediate.dense`, 4 * hidden, hidden),
    ...linear(`${layer}.output.dense`, hidden, 4 * hidden),
    ...norm(`${layer}.output.LayerNorm`),
  ])
}

/** Numbers between -1 and 1 that are the same at every run. */
const safetensorsFile = (tensors: ReadonlyMap<string, readonly number[]>, { half = false, seed = 0 } = {}): Buffer => {
  const size = half ? 2 : 4
  const header: Record<string, object> = {}
  const numbers: number[] = []
  for (const [name, shape] of tensors) {
    const count = shape.reduce((product, size) => product * size, 1)
    header[name] = {
      dtype: half ? 'F16' : 'F32',
      shape,
      data_offsets: [size * numbers.length, size * (numbers.length + count)],
    }
    for (let index = 0; index < count; index++) numbers.push(Math.sin(numbers.length + 1 + seed))
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.byteLength))
  const data = half ? Float16Array.from(numbers) : Float32Array.from(numbers)
  return Buffer.concat([length, json, Buffer.from(data.buffer)])
}
