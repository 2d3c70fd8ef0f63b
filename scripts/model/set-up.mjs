import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withInstallLock } from '../launch/install-lock.mjs'
import { encoderFile } from './encoder.mjs'
import { pairModelFile } from './pair-model.mjs'
import { readSafetensors } from './safetensors.mjs'
import { sha256Of } from './sources.mjs'

/** @typedef {import('./published.mjs').Form} Form */
/** @typedef {import('./sources.mjs').Source} Source */
/** @typedef {import('./pair-model.mjs').PairModel} PairModel */
/** @typedef {Pick<typeof import('./published.mjs').model, 'name' | 'revision' | 'weights' | 'tokenizer' | 'settings' | 'encoder' | 'built'>} Model */
/** @typedef {{ file: string, bytes: number, sha256: string, source: string }} Kept A file in place, and who gave it. */

/** What is in place, for the gateway to read: written last, so that what it names is whole. */
const recordName = 'set-up.json'
const failureName = 'set-up-failed.json'
/** The source of what nobody fetched. */
const inFolder = 'MODEL_DIR'
/** A source out of reach is asked again by the first start after this. */
const silenceMs = 3_600_000

/**
 * Whether the model is there in this form, and the pair model that is built from it, by the sizes of their files;
 * `thorough` reads them.
 *
 * @param {{ folder: string, model: Model, form: Form, pairModel?: PairModel | null, thorough?: boolean }} what
 */
export function isInPlace({ folder, model, form, pairModel = null, thorough = false }) {
  return isEmbedderInPlace({ folder, model, form, thorough }) && isPairModelInPlace({ pairModel, thorough })
}

/**
 * @param {{ folder: string, model: Model, form: Form, thorough: boolean }} what
 */
function isEmbedderInPlace({ folder, model, form, thorough }) {
  const settled = Object.keys(model.settings).every((file) => existsSync(join(folder, file)))
  const wanted = [model.tokenizer, model.built[form]]
  return settled && recordOf(folder)[form] !== undefined && wanted.every((file) => holds(folder, file, thorough))
}

/**
 * By what it was built from, too: another training may come to a file of the same size.
 *
 * @param {{ pairModel: PairModel | null, thorough: boolean }} what
 */
function isPairModelInPlace({ pairModel, thorough }) {
  if (!pairModel) return true
  const { built, target } = pairModel
  return recordOf(target).int8?.sha256 === built.int8.sha256 && holds(target, built.int8, thorough)
}

/**
 * Whether set-up failed so lately that another try would only make a start wait.
 *
 * @param {string} folder
 */
export function failedLately(folder) {
  try {
    const { atMs } = /** @type {{ atMs: number }} */ (JSON.parse(readFileSync(join(folder, failureName), 'utf8')))
    const age = Date.now() - atMs
    return age >= 0 && age < silenceMs
  } catch {
    return false
  }
}

/**
 * Puts the model in place, and the pair model in its own folder: what is lacking comes from the first source that
 * gives the published files, and the ONNX files are built from them. Nobody sees half of a file; of two at once, one
 * works and the other finds it done.
 *
 * @param {{
 *   folder: string, model: Model, form: Form, pairModel?: PairModel | null, sources: readonly Source[],
 *   thorough?: boolean, signal: AbortSignal, onFetch: () => void,
 * }} what `onFetch` is called before the first of `sources` is asked
 * @throws Error that says for each source why it gave nothing, or that the folder cannot be written
 */
export async function setUpModel({ folder, model, form, pairModel, sources, thorough = false, signal, onFetch }) {
  const what = { folder, model, form, pairModel: pairModel ?? null, thorough }
  if (isInPlace(what)) return
  mkdirSync(folder, { recursive: true })
  const work = async () => {
    if (isInPlace(what)) return
    const fetchOne = keeping(fetchFromFirst(folder, sources, signal, onFetch))
    try {
      // The embedder first: it works without the pair model, which is nothing without it.
      if (!isEmbedderInPlace(what)) await putInPlace({ ...what, fetchOne })
      if (!isPairModelInPlace(what)) await putPairModelInPlace({ ...what, fetchOne })
      rmSync(join(folder, failureName), { force: true })
    } catch (error) {
      // Only who asked and was refused is silent for a while.
      if (sources.length > 0 && !signal.aborted) writeJson(join(folder, failureName), { atMs: Date.now() })
      throw error
    }
  }
  await withInstallLock(folder, work, 'fetching the embedding model')
}

/**
 * @param {{ model: Model, pairModel: PairModel | null, fetchOne: ReturnType<typeof fetchFromFirst> }} what
 */
async function putPairModelInPlace({ model, pairModel, fetchOne }) {
  if (!pairModel) return
  const { name, delta, target } = pairModel
  const built = pairModel.built.int8
  const { content, source } = await fetchOne(model.weights)
  const pieces = pairModelFile({ pairModel, weights: content, encoder: model.encoder })
  if (sha256Of(pieces) !== built.sha256) throw new Error(`${name} did not come out as it does elsewhere (SHA-256)`)
  writeWhole(join(target, built.file), pieces)
  const from = { model: model.name, weights: model.weights.sha256, delta: delta.sha256 }
  writeJson(join(target, recordName), { model: name, from, int8: { ...built, source: source ?? inFolder } })
}

/**
 * @param {{ folder: string, model: Model, form: Form, fetchOne: ReturnType<typeof fetchFromFirst> }} what
 */
async function putInPlace({ folder, model, form, fetchOne }) {
  const { name, revision, tokenizer, weights, encoder, settings } = model
  const built = model.built[form]
  const before = recordOf(folder)
  // The small one first: a source that is out of reach is found out at little cost.
  const words = await fetchOne(tokenizer)
  if (words.source) writeWhole(join(folder, tokenizer.file), [words.content])
  const kept = { tokenizer: { ...tokenizer, source: words.source ?? before.tokenizer?.source ?? inFolder } }

  let source = before[form]?.source ?? inFolder
  if (!holds(folder, built, true)) {
    const given = await fetchOne(weights)
    source = given.source ?? inFolder
    const pieces = encoderFile({ weights: readSafetensors(given.content), encoder, form })
    if (sha256Of(pieces) !== built.sha256)
      throw new Error(`${built.file} did not come out as it does elsewhere (SHA-256)`)
    writeWhole(join(folder, built.file), pieces)
  }
  for (const [file, fields] of Object.entries(settings)) writeJson(join(folder, file), fields)
  writeJson(join(folder, recordName), { ...before, model: name, revision, ...kept, [form]: { ...built, source } })
}

/**
 * What was had once is not fetched again: both models are built from one download.
 *
 * @param {ReturnType<typeof fetchFromFirst>} fetchOne
 * @returns {ReturnType<typeof fetchFromFirst>}
 */
function keeping(fetchOne) {
  /** @type {Map<string, ReturnType<typeof fetchOne>>} */
  const had = new Map()
  return (wanted) => {
    const known = had.get(wanted.file) ?? fetchOne(wanted)
    had.set(wanted.file, known)
    return known
  }
}

/**
 * What lies in the folder already, else the first source's that gives it. One that failed is not asked again.
 *
 * @param {string} folder
 * @param {readonly Source[]} sources
 * @param {AbortSignal} signal
 * @param {() => void} onFetch
 */
function fetchFromFirst(folder, sources, signal, onFetch) {
  /** @type {Map<Source, string>} */
  const failures = new Map()
  let isTold = false
  /**
   * @param {import('./sources.mjs').Wanted} wanted
   * @returns {Promise<{ content: Buffer, source: string | null }>} null: it lay in the folder
   */
  return async (wanted) => {
    if (holds(folder, wanted, true)) return { content: readFileSync(join(folder, wanted.file)), source: null }
    for (const source of sources) {
      signal.throwIfAborted()
      if (failures.has(source)) continue
      if (!isTold) onFetch()
      isTold = true
      try {
        return { content: await source.fetch(wanted, signal), source: source.name }
      } catch (error) {
        failures.set(source, error instanceof Error ? error.message : String(error))
      }
    }
    const why = [...failures].map(([{ name }, reason]) => `${name}: ${reason}`)
    throw new Error(why.length > 0 ? why.join('; ') : `${wanted.file} is not there`)
  }
}

/**
 * @param {string} folder
 * @param {{ file: string, bytes: number, sha256: string }} wanted
 * @param {boolean} thorough
 */
function holds(folder, { file, bytes, sha256 }, thorough) {
  const found = statSync(join(folder, file), { throwIfNoEntry: false })
  if (found?.size !== bytes) return false
  return !thorough || sha256Of([readFileSync(join(folder, file))]) === sha256
}

/**
 * @param {string} folder
 * @returns {Record<string, Kept | undefined>}
 */
function recordOf(folder) {
  try {
    return /** @type {Record<string, Kept | undefined>} */ (JSON.parse(readFileSync(join(folder, recordName), 'utf8')))
  } catch {
    return {} // None yet, or one that was cut off: made anew.
  }
}

/**
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  writeWhole(file, [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)])
}

/**
 * In one step, so that a reader never sees half of it.
 *
 * @param {string} file
 * @param {readonly Uint8Array[]} pieces
 */
function writeWhole(file, pieces) {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.part`
  writeFileSync(draft, Buffer.concat(pieces))
  renameSync(draft, file)
}
