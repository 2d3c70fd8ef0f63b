import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { EmbedderFacts } from '../../../src/contract/perception.ts'
import type { Told } from '../../../src/perception/protocol.ts'
import { hashedVector } from './hashed-vector.ts'

// An embedder without weights that does what its texts say: `slow 50 …` takes 50 ms, `fail` is not read, `crash` ends it.

const { loads = 'well', dimensions = 64 } = Object(workerData) as { loads?: string; dimensions?: number }
const tell = (told: Told): void => parentPort?.postMessage(told)
const facts: EmbedderFacts = {
  name: 'hashed-ngrams',
  form: 'fp32',
  fingerprint: `hashed-ngrams/${dimensions}`,
  dimensions,
  maxPieces: 256,
  loadMs: 0,
  files: [],
}

if (loads === 'crash') throw new Error('crashed while it loaded')
else if (loads === 'missing') tell({ kind: 'unavailable', why: 'the embedding model is not in /models' })
else tell({ kind: 'ready', facts })

parentPort?.on('message', (text: string) => void read(text))

const read = async (text: string): Promise<void> => {
  const [order, ms] = text.split(' ')
  if (order === 'crash') throw new Error('crashed over a text')
  if (order === 'slow') await delay(Number(ms))
  if (order === 'fail') return tell({ kind: 'failed', why: 'it cannot be read' })
  const tokens = text.split(/\s+/).length
  tell({
    kind: 'perceived',
    perceived: { vector: hashedVector(text, dimensions), tokens, unknown: 0, truncated: order === 'truncate' },
  })
}
