import { createHash } from 'node:crypto'
import { encoderFile } from '../../../scripts/model/encoder.mjs'
import { readSafetensors } from '../../../scripts/model/safetensors.mjs'
import type { setUpModel } from '../../../scripts/model/set-up.mjs'

type Model = Parameters<typeof setUpModel>[0]['model']

const [hidden, heads, layers, words, places] = [8, 2, 1, 20, 16]

/** A model of the same build and some hundred numbers, with the files that a source would give. */
export const tinyModel = (): { model: Model; published: Map<string, Buffer> } => {
  const weights = safetensorsFile(shapes())
  const tokenizer = Buffer.from('{"version":"1.0"}')
  const encoder = { hidden, heads, layers, epsilon: 1e-12 }
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
const safetensorsFile = (tensors: ReadonlyMap<string, readonly number[]>): Buffer => {
  const header: Record<string, object> = {}
  const numbers: number[] = []
  for (const [name, shape] of tensors) {
    const count = shape.reduce((product, size) => product * size, 1)
    header[name] = { dtype: 'F32', shape, data_offsets: [4 * numbers.length, 4 * (numbers.length + count)] }
    for (let index = 0; index < count; index++) numbers.push(Math.sin(numbers.length + 1))
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.byteLength))
  const data = Buffer.alloc(4 * numbers.length)
  for (const [index, number] of numbers.entries()) data.writeFloatLE(number, 4 * index)
  return Buffer.concat([length, json, data])
}
