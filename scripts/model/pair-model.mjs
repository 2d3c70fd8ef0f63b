import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encoderFile } from './encoder.mjs'
import { readSafetensors } from './safetensors.mjs'
import { sha256Of } from './sources.mjs'

/** @typedef {import('./safetensors.mjs').Tensor} Tensor */
/** @typedef {{ file: string, bytes: number, sha256: string }} Known A file and how to tell that it is the one. */
/**
 * @typedef {object} PairModel What training has left: the cache's second reader, as a correction of the embedding model.
 * @property {string} name
 * @property {string} folder where its correction lies
 * @property {string} target where set-up puts what it builds
 * @property {Known} delta
 * @property {{ int8: Known }} built
 */

/** The project's own folder of what the pair model was trained to. */
const trained = join('models', 'near-verifier')

/**
 * The pair model that comes with the project; null where there is none.
 *
 * @param {string} root
 * @returns {PairModel | null}
 */
export function readPairModel(root) {
  const folder = join(root, trained)
  const file = join(folder, 'model.json')
  if (!existsSync(file)) return null
  const facts = /** @type {Omit<PairModel, 'folder' | 'target'>} */ (JSON.parse(readFileSync(file, 'utf8')))
  return { ...facts, folder, target: join(root, '.models', facts.name) }
}

/**
 * The pair model's ONNX file, from the published weights and the correction of them.
 *
 * @param {{ pairModel: Pick<PairModel, 'folder' | 'delta'>, weights: Buffer, encoder: import('./encoder.mjs').Encoder }} what
 * @throws Error where the correction is not the one that training left
 */
export function pairModelFile({ pairModel, weights, encoder }) {
  const { file, sha256 } = pairModel.delta
  const delta = readFileSync(join(pairModel.folder, file))
  if (sha256Of([delta]) !== sha256) throw new Error(`${file} is not the one that model.json tells of (SHA-256)`)
  return encoderFile({
    weights: corrected(readSafetensors(weights), readSafetensors(delta)),
    encoder,
    form: 'int8',
    end: 'pair',
  })
}

/**
 * The published weights with their correction. Of each matrix W the delta holds two thin ones: W + up · down is used; of
 * each vector a change; the head's own tensors as they are. The tables of words and places stay as published.
 *
 * @param {(name: string) => Tensor} published
 * @param {(name: string) => Tensor} delta
 * @returns {(name: string) => Tensor}
 */
function corrected(published, delta) {
  return (name) => {
    if (name.startsWith('pair.')) return delta(name)
    const { shape, values } = published(name)
    if (name.endsWith('word_embeddings.weight') || name.endsWith('position_embeddings.weight')) return { shape, values }
    const isMatrix = shape.length === 2 && !name.startsWith('embeddings.')
    const change = isMatrix ? product(delta(`${name}.up`), delta(`${name}.down`)) : delta(`${name}.change`).values
    return { shape, values: values.map((value, index) => value + (change[index] ?? 0)) }
  }
}

/**
 * Sums in 64 bits and in one order, so that every machine comes to the same file.
 *
 * @param {Tensor} up a row for each output
 * @param {Tensor} down a column for each input
 */
function product({ shape: [outputs = 0, rank = 0], values: up }, { shape: [, inputs = 0], values: down }) {
  const values = new Float64Array(outputs * inputs)
  for (let output = 0; output < outputs; output++)
    for (let at = 0; at < rank; at++) {
      const factor = up[output * rank + at] ?? 0
      for (let input = 0; input < inputs; input++) {
        const place = output * inputs + input
        values[place] = (values[place] ?? 0) + factor * (down[at * inputs + input] ?? 0)
      }
    }
  return values
}
