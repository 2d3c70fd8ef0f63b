import { Worker } from 'node:worker_threads'
import { createPerceptionThread } from '../../../src/perception/thread.ts'

// A process that closes its worker's thread while that loads, with nothing else that would keep it; it says so when that is done.

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const startWorker = (): Worker =>
  new Worker(new URL('./stand-in-worker.ts', import.meta.url), { workerData: { pairsAfterMs: 300 } })

const thread = createPerceptionThread({ startWorker, logger: silent })
const asked = thread.ask({ kind: process.argv[2] === 'ready' ? 'warm' : 'sweep' })
if (process.argv[2] === 'ready') await thread.ready()
await thread[Symbol.asyncDispose]()
process.stdout.write(`closed, ${(await asked).kind}`)
