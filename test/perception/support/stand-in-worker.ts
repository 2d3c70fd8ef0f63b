import { setTimeout as delay } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Perceived } from '../../../src/contract/perception.ts'
import type { PairModel } from '../../../src/perception/pair-model.ts'
import type { Told } from '../../../src/perception/protocol.ts'
import { serveOrders } from '../../../src/perception/serve-orders.ts'
import { hashedVector } from './hashed-vector.ts'

// The worker without weights. Its embedder does what its texts say: `slow 50 …` takes 50 ms, `fail` is not read, `crash` ends
// the thread and `hang` keeps it for ever; told to find all alike it gives every text one vector. Its pair model compares lengths, once it has loaded for as long as it is told. Its index is the real one.

const settings = Object(workerData) as {
  loads?: string
  dimensions?: number
  pairs?: boolean
  pairsAfterMs?: number
  fingerprint?: string
  alike?: boolean
}
const {
  loads = 'well',
  dimensions = 64,
  pairs = true,
  pairsAfterMs = 0,
  fingerprint = `hashed-ngrams/${dimensions}`,
} = settings

const embed = async (text: string): Promise<Perceived> => {
  const [order, ms] = text.split(' ')
  if (order === 'crash') await crash('crashed over a text')
  if (order === 'hang') for (;;);
  if (order === 'slow') await delay(Number(ms))
  if (order === 'fail') throw new Error('it cannot be read')
  const tokens = text.split(/\s+/).length
  const vector = hashedVector(settings.alike ? 'the same' : text, dimensions)
  return { vector, tokens, unknown: 0, truncated: order === 'truncate' }
}

/** What is thrown where nobody catches it ends a thread. */
const crash = (why: string): Promise<never> => {
  setImmediate(() => {
    throw new Error(why)
  })
  return new Promise(() => {})
}

const loadPairModel = async (): Promise<PairModel> => {
  if (!pairs) throw new Error('the pair model is not in /models')
  await delay(pairsAfterMs)
  return {
    fingerprint: 'lengths',
    score: async (asked) => {
      if (asked.some((pair) => pair.asked === 'slow')) await delay(200)
      return asked.map((pair) => pair.stored.length - pair.asked.length)
    },
  }
}

if (loads === 'crash') throw new Error('crashed while it loaded')
else if (loads === 'hang') for (;;);
else if (loads === 'missing')
  parentPort?.postMessage({ kind: 'unavailable', why: 'the embedding model is not in /models' } satisfies Told)
else if (parentPort)
  await serveOrders({
    port: parentPort,
    embedder: {
      facts: { name: 'hashed-ngrams', form: 'fp32', fingerprint, dimensions, maxPieces: 256, loadMs: 0, files: [] },
      embed,
    },
    loadPairModel,
  })
