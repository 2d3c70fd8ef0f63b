import { Worker } from 'node:worker_threads'
import type { PerceiveOutcome } from '../../../src/contract/perception.ts'
import { createPerception } from '../../../src/perception/perception.ts'
import type { Perception } from '../../../src/perception/perception.ts'

interface Started extends AsyncDisposable {
  perception: Perception
  /** Asks with all the time in the world. */
  perceive(text: string): Promise<PerceiveOutcome>
  /** How many workers were started. */
  workers(): number
  /** What was logged, as messages. */
  log: string[]
}

/** Perception over a worker without weights; `loads` says how each worker's loading goes, the last one's for all later. */
export const startPerception = (
  options: {
    loads?: readonly ('well' | 'missing' | 'crash')[]
    maxWaiting?: number
    pairsAfterMs?: number
    patienceMs?: number
  } = {},
): Started => {
  const { loads = ['well'], maxWaiting = 100, pairsAfterMs = 0, ...patience } = options
  const log: string[] = []
  const note = (_fields: object, message: string): void => void log.push(message)
  let workers = 0
  const perception = createPerception({
    startWorker: () => {
      const how = loads[Math.min(workers++, loads.length - 1)]
      return new Worker(new URL('./stand-in-worker.ts', import.meta.url), { workerData: { loads: how, pairsAfterMs } })
    },
    settings: { maxWaiting, maxRemembered: 100 },
    ...patience,
    logger: { debug: note, info: note, warn: note, error: note },
  })
  return {
    perception,
    perceive: (text) => perception.perceive(text, 60_000, new AbortController().signal),
    workers: () => workers,
    log,
    [Symbol.asyncDispose]: () => perception[Symbol.asyncDispose](),
  }
}
