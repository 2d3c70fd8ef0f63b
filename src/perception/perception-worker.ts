import { parentPort, workerData } from 'node:worker_threads'
import { keepCompiled } from '../lib/keep-compiled.ts'
import type { PairModel } from './pair-model.ts'
import type { Told } from './protocol.ts'
import { withoutPictures } from './without-pictures.ts'

// The thread that owns the models and the index. Loading them, running them and searching block, which is why they are here.

// Before anything else is loaded: what the process keeps does not count for its threads.
keepCompiled()
withoutPictures()
const [{ serveOrders, wordsOf }, { perceptionFiles }] = await Promise.all([
  import('./serve-orders.ts'),
  import('./perception-files.ts'),
])

const files = perceptionFiles.parse(workerData)

if (parentPort)
  try {
    // Imported late: on a machine that the runtime has no binary for, the import itself fails.
    const { loadEmbedder } = await import('./embedder.ts')
    const embedder = await loadEmbedder(files)
    const loadPairModel = async (): Promise<PairModel> =>
      (await import('./pair-model.ts')).loadPairModel(files, embedder.tokenizer)
    await serveOrders({ port: parentPort, embedder, loadPairModel })
  } catch (error) {
    parentPort.postMessage({ kind: 'unavailable', why: wordsOf(error) } satisfies Told)
  }
