import { setTimeout as delay } from 'node:timers/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { EmbedderFacts, IndexFacts, PairFacts, PerceptionFacts } from '../contract/perception.ts'
import type { Logger } from '../contract/runtime.ts'
import { goodbye } from './protocol.ts'
import type { Answer, Order, OrderMessage, PerceptionFiles, Told } from './protocol.ts'

export type Readiness = { kind: 'ready'; facts: EmbedderFacts } | { kind: 'unavailable'; why: string }

/** The worker's thread. It starts when it is first needed, and again after it has ended by mistake. */
export interface PerceptionThread extends AsyncDisposable {
  ready(): Promise<Readiness>
  ask(order: Order): Promise<Answer>
  /** Calls when a worker is ready, with an empty index, and when it is gone. */
  follow(listener: (event: 'started' | 'ended') => void): void
  facts(): ThreadFacts
}

type ThreadFacts = Omit<PerceptionFacts, 'tallies'>

/** Set-up may have mended in the meantime what was missing. */
const missingForMs = 60_000
/** Between the second start in a row that ended by mistake and the next; it doubles from there. */
const restartDelayMs = 1_000
const longestDelayMs = 60_000
/** Longer than anything takes on a machine that is slow: whoever gives no answer for so long gives none at all. */
const stuckAfterMs = 30_000
/** A snapshot is read and written in a second; loading a model from a slow disk may take a while. */
const loadingMs = 180_000
/** What reads or writes whole files. */
const slowOrders: ReadonlySet<Order['kind']> = new Set(['warm', 'load', 'save'])
/** For a thread that is asked to end: it cannot while a model loads, and whoever ends it there ends the whole process. */
const partingMs = 8_000

/** It makes little that is new, and nearly all of that lives for a moment: by itself V8 would keep 30 MB for it. */
const maxYoungGenerationSizeMb = 4

/** Starts the worker over the models in `files`. */
export const perceptionWorker = (files: PerceptionFiles) => (): Worker =>
  // `.ts` when stripped, `.js` when built: the compiler does not rewrite a worker's address.
  new Worker(new URL(`./perception-worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: files,
    resourceLimits: { maxYoungGenerationSizeMb },
  })

/** @param options.patienceMs for an answer; for tests */
export const createPerceptionThread = (options: {
  startWorker: () => Worker
  logger: Logger
  patienceMs?: number | undefined
}): PerceptionThread => {
  const { startWorker, logger, patienceMs = stuckAfterMs } = options
  const listeners: ((event: 'started' | 'ended') => void)[] = []
  const said = new Set<string>()
  const counts = { ended: 0, stuck: 0 }
  let hired: Hired | null = null
  /** No worker starts before then. */
  let rest: { untilMs: number; why: string } | null = null
  let endedInARow = 0
  let lastId = 0
  let isClosed = false

  const hire = (): Hired => {
    const next: Hired = {
      worker: startWorker(),
      readiness: Promise.withResolvers(),
      isReady: false,
      loading: setTimeout(() => giveUp(next, 'it has been loading', loadingMs), loadingMs).unref(),
      answers: new Map(),
      index: null,
      pairs: null,
    }
    next.worker.on('message', (told: Told) => listen(next, told))
    // What throws in a worker ends it; the exit is told after the error.
    next.worker.on('error', (error) => lose(next, error instanceof Error ? error.message : String(error)))
    next.worker.on('exit', (code) => lose(next, `it ended with code ${code}`))
    return next
  }

  const listen = (from: Hired, told: Told): void => {
    switch (told.kind) {
      case 'ready':
        clearTimeout(from.loading)
        logger.info({ loadMs: Math.round(told.facts.loadMs) }, `the embedder is ready: ${told.facts.fingerprint}`)
        from.isReady = true
        from.worker.unref()
        from.readiness.resolve(told)
        tellAll('started')
        return
      case 'unavailable':
        logger.warn({ why: told.why }, 'no embedder: "node scripts/launch.mjs model" says what to do')
        dismiss(from, { untilMs: performance.now() + missingForMs, why: told.why })
        return void from.worker.terminate()
      case 'answered':
        endedInARow = 0
        return from.answers.get(told.id)?.(told.answer)
      case 'index':
        from.index = told.index
        if (told.index.withoutGraphs !== null)
          sayOnce(told.index.withoutGraphs, 'no hnswlib-node: large partitions are looked through entry by entry')
        return
      case 'pairs':
        from.pairs = told.pairs
        if (told.pairs.kind === 'unavailable')
          sayOnce(told.pairs.why, 'no pair model: the near tier goes by words alone')
        else logger.info({}, `the pair model is ready: ${told.pairs.fingerprint}`)
        return
      default:
        return told satisfies never
    }
  }

  const tellAll = (event: 'started' | 'ended'): void => {
    for (const listener of listeners) listener(event)
  }

  const sayOnce = (why: string, message: string): void => {
    if (!said.has(why)) logger.warn({ why }, message)
    said.add(why)
  }

  const giveUp = (from: Hired, what: string, afterMs: number): void => {
    if (hired !== from) return
    counts.stuck += 1
    lose(from, `${what} for ${afterMs / 1000} s`)
  }

  const lose = (from: Hired, why: string): void => {
    if (hired !== from) return
    endedInARow += 1
    counts.ended += 1
    if (!isClosed) logger.error({ why, endedInARow }, "the embedder's worker ended; requests go on without it")
    const delayMs = endedInARow === 1 ? 0 : Math.min(longestDelayMs, restartDelayMs * 2 ** (endedInARow - 2))
    dismiss(from, { untilMs: performance.now() + delayMs, why: `the embedder's worker ended: ${why}` })
    void from.worker.terminate()
    // At once, for the next request to find it loaded.
    if (delayMs === 0 && !isClosed) void ready()
  }

  const dismiss = (from: Hired, until: { untilMs: number; why: string }): void => {
    hired = null
    rest = until
    clearTimeout(from.loading)
    from.readiness.resolve({ kind: 'unavailable', why: until.why })
    for (const answer of from.answers.values()) answer({ kind: 'skipped', reason: 'lost', why: until.why })
    if (from.isReady) tellAll('ended')
  }

  const ready = async (): Promise<Readiness> => {
    if (isClosed) return { kind: 'unavailable', why: 'the gateway is stopping' }
    if (rest && performance.now() < rest.untilMs) return { kind: 'unavailable', why: rest.why }
    hired ??= hire()
    return hired.readiness.promise
  }

  const send = async (to: Hired, order: Order): Promise<Answer> => {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const id = ++lastId
    const { kind } = order
    const boundMs = slowOrders.has(kind) ? loadingMs : patienceMs
    const timer = setTimeout(() => giveUp(to, `it gave no answer to "${kind}"`, boundMs), boundMs)
    to.answers.set(id, resolve)
    to.worker.ref()
    to.worker.postMessage({ id, order } satisfies OrderMessage)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      to.answers.delete(id)
      // An idle thread must not keep the process from ending.
      if (to.answers.size === 0) to.worker.unref()
    }
  }

  return {
    ready,
    ask: async (order) => {
      const readiness = await ready()
      if (readiness.kind === 'unavailable') return { kind: 'skipped', reason: 'no-embedder', why: readiness.why }
      if (!hired) return { kind: 'skipped', reason: 'lost', why: rest?.why ?? '' }
      return send(hired, order)
    },
    follow: (listener) => void listeners.push(listener),
    facts: () => ({ ...counts, index: hired?.index ?? null, pairs: hired?.pairs ?? null }),
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      const last = hired
      if (!last) return
      dismiss(last, { untilMs: Infinity, why: 'the gateway is stopping' })
      // Also while it loads: whoever ends a thread inside a model's own code ends the whole process.
      const gone = new Promise((resolve) => last.worker.once('exit', resolve))
      last.worker.postMessage(goodbye)
      await atMost(partingMs, gone)
      // One that is stuck outside JavaScript cannot be ended at all.
      await atMost(partingMs, last.worker.terminate())
    },
  }
}

/** The waiting itself keeps the process, which an idle thread does not: without it nothing might be left to end the waiting. */
const atMost = async (ms: number, waited: Promise<unknown>): Promise<void> => {
  const over = new AbortController()
  await Promise.race([waited, delay(ms, undefined, { signal: over.signal })])
  over.abort()
}

interface Hired {
  worker: Worker
  readiness: PromiseWithResolvers<Readiness>
  isReady: boolean
  /** Ends it when it is not ready in time. */
  loading: NodeJS.Timeout
  /** To the orders that it works on. */
  answers: Map<number, (answer: Answer) => void>
  index: IndexFacts | null
  pairs: PairFacts | null
}
