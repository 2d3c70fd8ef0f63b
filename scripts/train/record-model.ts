import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pairModelFile } from '../model/pair-model.mjs'
import { model } from '../model/published.mjs'
import { sha256Of } from '../model/sources.mjs'

/**
 * Builds the pair model once from what training has left in a folder, and writes `model.json`: how to tell that set-up, wherever it
 * runs, comes to the very same file.
 */
export const recordModel = (folder: string, weights: Buffer): void => {
  const delta = readFileSync(path.join(folder, 'delta.safetensors'))
  const pairModel = { folder, delta: known('delta.safetensors', [delta]) }
  const built = pairModelFile({ pairModel, weights, encoder: model.encoder })
  const record = {
    name: 'near-verifier',
    delta: pairModel.delta,
    built: { int8: known('onnx/model_int8.onnx', built) },
  }
  writeFileSync(path.join(folder, 'model.json'), `${JSON.stringify(record, null, 2)}\n`)
}

const known = (file: string, pieces: readonly Uint8Array[]) => ({
  file,
  bytes: pieces.reduce((sum, { byteLength }) => sum + byteLength, 0),
  sha256: sha256Of(pieces),
})

if (import.meta.main) {
  const [folder, weights] = process.argv.slice(2)
  if (!folder || !weights)
    throw new Error('Say where the correction and the published weights lie: record-model.ts FOLDER WEIGHTS')
  recordModel(folder, readFileSync(weights))
}
