import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { embedderForms } from '../contract/perception.ts'
import type { Embedder } from './embedder.ts'
import type { Told } from './protocol.ts'

// The thread that owns the embedding model. Both loading it and running it block, which is why they are here.

const files = z.object({ folder: z.string(), form: z.enum(embedderForms) }).parse(workerData)
const tell = (told: Told): void => parentPort?.postMessage(told)
const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const load = async (): Promise<Embedder | null> => {
  try {
    // Imported here: on a machine that the runtime has no binary for, the import itself fails.
    const { loadEmbedder } = await import('./embedder.ts')
    const embedder = await loadEmbedder(files)
    tell({ kind: 'ready', facts: embedder.facts })
    return embedder
  } catch (error) {
    tell({ kind: 'unavailable', why: wordsOf(error) })
    return null
  }
}

const embedder = await load()
if (embedder)
  parentPort?.on('message', (text: string) => {
    embedder.embed(text).then(
      (perceived) => tell({ kind: 'perceived', perceived }),
      (error: unknown) => tell({ kind: 'failed', why: wordsOf(error) }),
    )
  })
