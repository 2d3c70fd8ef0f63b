import { Worker } from 'node:worker_threads'
import type { Neighbour } from '../../../src/contract/near.ts'
import type { EntryChange, NearQuestion } from '../../../src/contract/store.ts'
import { createNearIndex } from '../../../src/perception/near-index.ts'
import type { IndexedEntries, NearIndex } from '../../../src/perception/near-index.ts'
import { createPerception } from '../../../src/perception/perception.ts'
import type { Perception } from '../../../src/perception/perception.ts'
import type { SnapshotPlace } from '../../../src/perception/protocol.ts'
import { hashedVector } from './hashed-vector.ts'

/** The part of the entries' store that an index follows. */
export interface Questions extends IndexedEntries {
  add(id: string, text: string, partition?: string): void
  remove(id: string): void
  /** Called at every question that is read. */
  onRead: (id: string) => void
  readonly held: ReadonlyMap<string, NearQuestion>
}

export const startQuestions = (texts: readonly string[] = []): Questions => {
  const held = new Map<string, NearQuestion>()
  const listeners = new Set<(change: EntryChange) => void>()
  const tell = (change: EntryChange): void => {
    for (const listener of listeners) listener(change)
  }
  const questions: Questions = {
    held,
    onRead: () => {},
    add: (id, text, partition = 'p') => {
      const near = { partition, text, vector: hashedVector(text, 64) }
      held.set(id, near)
      tell({ kind: 'added', id, near })
    },
    remove: (id) => {
      held.delete(id)
      tell({ kind: 'removed', id })
    },
    hasQuestions: async () => held.size > 0,
    questionIds: async () => [...held.keys()],
    questions: async (ids) =>
      ids.flatMap((id) => {
        const near = held.get(id)
        questions.onRead(id)
        return near ? [{ id, near }] : []
      }),
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  for (const text of texts) questions.add(text, text)
  return questions
}

interface Started extends AsyncDisposable {
  index: NearIndex
  perception: Perception
  find(text: string, count?: number, partition?: string): Promise<readonly Neighbour[]>
  /** Waits until the index has everything. */
  settle(): Promise<void>
  workers(): number
  log: string[]
}

/** A near index over a worker without weights. */
export const startNearIndex = (
  questions: IndexedEntries,
  options: { snapshot?: SnapshotPlace; fingerprint?: string; maxWaiting?: number; patienceMs?: number } = {},
): Started => {
  const { snapshot = null, fingerprint, maxWaiting = 100, patienceMs = 60_000 } = options
  const log: string[] = []
  const note = (fields: object, message: string): void =>
    void log.push('why' in fields ? `${message}: ${String(fields.why)}` : message)
  const logger = { debug: note, info: note, warn: note, error: note }
  let workers = 0
  const perception = createPerception({
    startWorker: () => {
      workers += 1
      return new Worker(new URL('./stand-in-worker.ts', import.meta.url), { workerData: { fingerprint } })
    },
    settings: { maxWaiting, maxRemembered: 100 },
    logger,
    patienceMs,
  })
  const index = createNearIndex({ perception, entries: questions, snapshot, logger })
  return {
    index,
    perception,
    find: async (text, count = 1, partition = 'p') => {
      const query = { partition, vector: hashedVector(text, 64), count, minCosine: -1 }
      const found = await index.findNeighbours(query, 60_000, new AbortController().signal)
      if (found.kind === 'skipped') throw new Error(`${found.reason}: ${found.why}`)
      return found.neighbours
    },
    settle: async () => {
      const isSettled = (): boolean => {
        const { phase, waiting } = index.state()
        return phase === 'following' && waiting === 0
      }
      while (!isSettled()) await new Promise((resolve) => setTimeout(resolve, 10))
      // A search stands in line behind whatever was sent before it.
      await index.findNeighbours(
        { partition: 'p', vector: hashedVector('settled', 64), count: 1, minCosine: 1 },
        60_000,
        new AbortController().signal,
      )
    },
    workers: () => workers,
    log,
    [Symbol.asyncDispose]: async () => {
      await index[Symbol.asyncDispose]()
      await perception[Symbol.asyncDispose]()
    },
  }
}
