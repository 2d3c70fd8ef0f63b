import { setTimeout as delay } from 'node:timers/promises'
import type { FindNeighbours } from '../contract/near.ts'
import type { NearIndexState } from '../contract/perception.ts'
import type { Logger } from '../contract/runtime.ts'
import type { Entries, EntryChange } from '../contract/store.ts'
import { skipOf } from './perception.ts'
import type { Perception } from './perception.ts'
import type { IndexChange, SnapshotPlace } from './protocol.ts'
import { dropSnapshot } from './snapshot.ts'

/** The questions that are near another. It follows the entries' store, which is the truth: it can be made anew at any time. */
export interface NearIndex extends AsyncDisposable {
  findNeighbours: FindNeighbours
  state(): NearIndexState
  /** Writes the snapshot now; false where there is to be none, or it failed. */
  save(): Promise<boolean>
}

/** What an index asks of the store. */
export type IndexedEntries = Pick<Entries, 'hasQuestions' | 'questionIds' | 'questions' | 'follow'>

interface NearIndexOptions {
  perception: Pick<Perception, 'thread' | 'line' | 'count'>
  entries: IndexedEntries
  /** Null where entries do not outlive the process, and so their vectors must not either. */
  snapshot: SnapshotPlace | null
  logger: Logger
}

/** So many at a time, with requests in between. */
const batchSize = 64
/** Ids take no reading. */
const idsPerOrder = 1_000
const saveEveryMs = 5 * 60_000
/** Of a store that cannot be read. */
const retryMs = 5_000
/** The end does not wait any longer for a snapshot. */
const lastSaveMs = 5_000

/**
 * Keeps the worker's index in step with the entries. When a worker starts, it reads the snapshot, is told which entries the
 * store holds and of those that it lacks the questions, forgets the others, and hears from then on what changes; what changed
 * meanwhile comes after that, so that nothing is missed in between. Until then searches find what is there already, which may
 * be what the store has forgotten: whoever searches reads what was found from the store, where it is gone.
 */
export const createNearIndex = ({ perception, entries, snapshot, logger }: NearIndexOptions): NearIndex => {
  const { thread, line, count } = perception
  /** Of a worker; another one begins anew. */
  let turn = 0
  let phase: NearIndexState['phase'] = 'idle'
  let waiting: IndexChange[] = []
  /** Changes, and whatever is in a snapshot out of its graph: to draw it there anew takes a millisecond each. */
  let unsaved = 0
  let isSending = false
  let isClosed = false

  const hear = (change: EntryChange): void => {
    // No worker, no index: one that starts reads everything.
    if (phase === 'idle') return void (change.kind === 'added' && thread.ready())
    waiting.push(changeOf(change))
    void send()
  }

  const send = async (): Promise<void> => {
    if (isSending || phase !== 'following') return
    isSending = true
    const mine = turn
    while (waiting.length > 0 && mine === turn && (await tell(waiting.splice(0, batchSize))));
    isSending = false
    // A worker that started in the meantime has let this one pass.
    if (mine !== turn) void send()
  }

  /** False where the worker is gone. */
  const tell = async (changes: readonly IndexChange[]): Promise<boolean> => {
    const answer = await thread.ask({ kind: 'change', changes })
    if (answer.kind === 'done') {
      count('indexed', changes.filter(({ kind }) => kind === 'add').length)
      unsaved += changes.length
      return true
    }
    return false
  }

  const begin = async (): Promise<void> => {
    const mine = ++turn
    phase = 'indexing'
    waiting = []
    const startedMs = performance.now()
    try {
      if (snapshot) await load(snapshot)
      const confirmed = await confirm(mine)
      if (mine !== turn || confirmed === null) return
      const swept = await thread.ask({ kind: 'sweep' })
      if (mine !== turn || isClosed) return
      if (swept.kind === 'swept') unsaved += swept.entries
      phase = 'following'
      if (confirmed > 0) logger.info({ entries: confirmed, ms: msSince(startedMs) }, 'the near index is complete')
      await send()
    } catch (error) {
      if (mine !== turn) return
      logger.warn({ why: wordsOf(error) }, 'the entries cannot be read for the near index; it is tried again')
      await delay(retryMs, undefined, { ref: false })
      if (mine === turn && !isClosed) void begin()
    }
  }

  const forget = (): void => {
    turn += 1
    phase = 'idle'
    waiting = []
  }

  const load = async (place: SnapshotPlace): Promise<void> => {
    const startedMs = performance.now()
    const answer = await thread.ask({ kind: 'load', place })
    if (answer.kind === 'snapshot' && answer.entries > 0) {
      unsaved += answer.untidy
      logger.info({ entries: answer.entries, ms: msSince(startedMs) }, 'the snapshot of the near index is read')
    }
    if (answer.kind === 'skipped') logger.warn({ why: answer.why }, 'the snapshot of the near index was thrown away')
  }

  /** Compares ids, and reads only what the worker lacks. How many the store holds; null where the worker ended over them. */
  const confirm = async (mine: number): Promise<number | null> => {
    const ids = await entries.questionIds()
    for (const some of piecesOf(ids, idsPerOrder)) {
      if (mine !== turn || isClosed) return null
      const answer = await thread.ask({ kind: 'confirm', ids: some })
      if (answer.kind !== 'lacking') return null
      for (const lacking of piecesOf(answer.ids, batchSize)) {
        const questions = await entries.questions(lacking)
        if (mine !== turn || isClosed) return null
        if (!(await tell(questions.map((question) => changeOf({ kind: 'added', ...question }))))) return null
      }
    }
    return ids.length
  }

  /** A store that holds questions wants its index before the first request comes. */
  const wake = async (): Promise<void> => {
    try {
      if (await entries.hasQuestions()) await thread.ready()
      else if (snapshot && phase === 'idle') await dropSnapshot(snapshot.folder)
    } catch (error) {
      logger.warn({ why: wordsOf(error) }, 'the entries cannot be read for the near index')
    }
  }

  const save = async (): Promise<boolean> => {
    if (!snapshot || unsaved === 0 || phase !== 'following') return false
    const before = unsaved
    const answer = await thread.ask({ kind: 'save', place: snapshot })
    if (answer.kind === 'snapshot') {
      unsaved += answer.untidy - before
      return true
    }
    if (answer.kind === 'skipped')
      logger.warn({ why: answer.why }, 'the snapshot of the near index could not be written')
    return false
  }

  thread.follow((event) => void (event === 'started' ? begin() : forget()))
  const unfollow = entries.follow(hear)
  const timer = setInterval(() => void save(), saveEveryMs).unref()
  void wake()

  return {
    findNeighbours: async (query, withinMs, signal) => {
      const answer = await line.wait(() => thread.ask({ kind: 'search', query }), withinMs, signal)
      if (answer.kind === 'neighbours') {
        count('searched')
        return { kind: 'found', neighbours: answer.neighbours }
      }
      const skip = skipOf(answer)
      count(skip.reason)
      return skip
    },
    state: () => ({ phase, waiting: waiting.length }),
    save,
    [Symbol.asyncDispose]: async () => {
      unfollow()
      clearInterval(timer)
      await Promise.race([save(), delay(lastSaveMs, undefined, { ref: false })])
      isClosed = true
    },
  }
}

const changeOf = (change: EntryChange): IndexChange =>
  change.kind === 'removed'
    ? { kind: 'remove', id: change.id }
    : { kind: 'add', id: change.id, partition: change.near.partition, vector: change.near.vector }

function* piecesOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

const msSince = (startedMs: number): number => Math.round(performance.now() - startedMs)

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
