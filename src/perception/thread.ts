import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { EmbedderFacts, PerceiveOutcome } from '../contract/perception.ts'
import type { Logger } from '../contract/runtime.ts'
import type { EmbedderFiles, Told } from './protocol.ts'

export type Readiness = { kind: 'ready'; facts: EmbedderFacts } | { kind: 'unavailable'; why: string }

/** The embedder's thread. It starts when it is first needed, and again after it has ended by mistake. */
export interface EmbedderThread extends AsyncDisposable {
  ready(): Promise<Readiness>
  /** One text at a time: the caller waits for the answer before it asks again. */
  embed(text: string): Promise<PerceiveOutcome>
}

/** Set-up may have mended in the meantime what was missing. */
const missingForMs = 60_000
/** Between the second start in a row that ended by mistake and the next; it doubles from there. */
const restartDelayMs = 1_000
const longestDelayMs = 60_000

/** Starts the worker over the model in `files`. */
export const embedderWorker = (files: EmbedderFiles) => (): Worker =>
  // `.ts` when stripped, `.js` when built: the compiler does not rewrite a worker's address.
  new Worker(new URL(`./embedder-worker${extname(import.meta.filename)}`, import.meta.url), { workerData: files })

export const createEmbedderThread = (options: { startWorker: () => Worker; logger: Logger }): EmbedderThread => {
  const { startWorker, logger } = options
  let hired: Hired | null = null
  /** No worker starts before then. */
  let rest: { untilMs: number; why: string } | null = null
  let endedInARow = 0
  let isClosed = false

  const hire = (): Hired => {
    const next: Hired = { worker: startWorker(), readiness: Promise.withResolvers(), answer: null }
    next.worker.on('message', (told: Told) => listen(next, told))
    // What throws in a worker ends it; the exit is told after the error.
    next.worker.on('error', (error) => lose(next, error instanceof Error ? error.message : String(error)))
    next.worker.on('exit', (code) => lose(next, `it ended with code ${code}`))
    return next
  }

  const listen = (from: Hired, told: Told): void => {
    switch (told.kind) {
      case 'ready':
        logger.info({ loadMs: Math.round(told.facts.loadMs) }, `the embedder is ready: ${told.facts.fingerprint}`)
        from.worker.unref()
        return from.readiness.resolve(told)
      case 'unavailable':
        logger.warn({ why: told.why }, 'no embedder: "node scripts/launch.mjs model" says what to do')
        return dismiss(from, { untilMs: performance.now() + missingForMs, why: told.why })
      case 'perceived':
      case 'failed':
        endedInARow = 0
        // An idle thread must not keep the process from ending.
        from.worker.unref()
        return from.answer?.(
          told.kind === 'perceived'
            ? { kind: 'perceived', ...told.perceived }
            : { kind: 'skipped', reason: 'failed', why: told.why },
        )
      default:
        return told satisfies never
    }
  }

  const lose = (from: Hired, why: string): void => {
    if (hired !== from) return
    endedInARow += 1
    if (!isClosed) logger.error({ why, endedInARow }, "the embedder's worker ended; requests go on without it")
    const delayMs = endedInARow === 1 ? 0 : Math.min(longestDelayMs, restartDelayMs * 2 ** (endedInARow - 2))
    dismiss(from, { untilMs: performance.now() + delayMs, why: `the embedder's worker ended: ${why}` })
    // At once, for the next request to find it loaded.
    if (delayMs === 0 && !isClosed) void ready()
  }

  const dismiss = (from: Hired, until: { untilMs: number; why: string }): void => {
    hired = null
    rest = until
    from.readiness.resolve({ kind: 'unavailable', why: until.why })
    from.answer?.({ kind: 'skipped', reason: 'lost', why: until.why })
    void from.worker.terminate()
  }

  const ready = async (): Promise<Readiness> => {
    if (isClosed) return { kind: 'unavailable', why: 'the gateway is stopping' }
    if (rest && performance.now() < rest.untilMs) return { kind: 'unavailable', why: rest.why }
    hired ??= hire()
    return hired.readiness.promise
  }

  return {
    ready,
    embed: async (text) => {
      const readiness = await ready()
      if (readiness.kind === 'unavailable') return { kind: 'skipped', reason: 'no-embedder', why: readiness.why }
      const { promise, resolve } = Promise.withResolvers<PerceiveOutcome>()
      if (!hired) return { kind: 'skipped', reason: 'lost', why: rest?.why ?? '' }
      hired.answer = resolve
      hired.worker.ref()
      hired.worker.postMessage(text)
      return promise
    },
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      const last = hired
      if (!last) return
      dismiss(last, { untilMs: Infinity, why: 'the gateway is stopping' })
      await last.worker.terminate()
    },
  }
}

interface Hired {
  worker: Worker
  readiness: PromiseWithResolvers<Readiness>
  /** Of the text that it works on. */
  answer: ((outcome: PerceiveOutcome) => void) | null
}
