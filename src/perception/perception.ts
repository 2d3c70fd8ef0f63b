import { createHash } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import type { Perceive, PerceiveOutcome, SkipReason } from '../contract/perception.ts'
import type { Logger } from '../contract/runtime.ts'
import type { EmbedderSettings } from '../contract/settings.ts'
import { createLru } from '../lib/lru.ts'
import { createEmbedderThread } from './thread.ts'
import type { EmbedderThread } from './thread.ts'

/** How often what came of a text, since the start. */
type PerceptionTallies = Record<'perceived' | 'remembered' | SkipReason, number>

/** What the gateway sees in a text beside its letters. It is another thread's work: the event loop never waits for it. */
export interface Perception extends AsyncDisposable, Pick<EmbedderThread, 'ready'> {
  /** Whoever waited as long as it was worth goes on without; what comes later is kept for the next who asks. */
  perceive: Perceive
  tallies(): PerceptionTallies
}

/** Texts wait in line for one worker, which loads the model when the first one comes. */
export const createPerception = (options: {
  startWorker: () => Worker
  settings: Pick<EmbedderSettings, 'maxWaiting' | 'maxRemembered'>
  logger: Logger
}): Perception => {
  const { logger, settings } = options
  const { maxWaiting, maxRemembered } = settings
  const thread = createEmbedderThread(options)
  const remembered = createLru<string, Extract<PerceiveOutcome, { kind: 'perceived' }>>({ max: maxRemembered })
  const line = new Set<Job>()
  const tallies = { perceived: 0, remembered: 0, 'no-embedder': 0, 'queue-full': 0, late: 0, lost: 0, failed: 0 }
  let isWorking = false

  const work = async (): Promise<void> => {
    if (isWorking) return
    isWorking = true
    // Whoever cannot wait any longer leaves the line, and so costs the worker nothing.
    for (const job of line) {
      line.delete(job)
      // The same text may have stood in front.
      const outcome = remembered.find(job.key) ?? (await thread.embed(job.text))
      if (outcome.kind === 'perceived') remembered.keep(job.key, outcome)
      job.answer(outcome)
    }
    isWorking = false
  }

  const count = (outcome: PerceiveOutcome): PerceiveOutcome => {
    tallies[outcome.kind === 'perceived' ? 'perceived' : outcome.reason] += 1
    return outcome
  }

  const wait = async (text: string, key: string, withinMs: number, signal: AbortSignal): Promise<PerceiveOutcome> => {
    const { promise, resolve, reject } = Promise.withResolvers<PerceiveOutcome>()
    const job: Job = { text, key, answer: resolve }
    const leave = (): void => reject(signal.reason)
    const timer = setTimeout(() => resolve(skipped('late', `it took longer than ${withinMs} ms`)), withinMs)
    signal.addEventListener('abort', leave, { once: true })
    line.add(job)
    void work()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
      line.delete(job)
    }
  }

  return {
    ready: thread.ready,
    perceive: async (text, withinMs, signal) => {
      signal.throwIfAborted()
      const key = createHash('sha256').update(text).digest('base64')
      const known = remembered.find(key)
      if (known) {
        tallies.remembered += 1
        return known
      }
      if (line.size >= maxWaiting) return count(skipped('queue-full', `${maxWaiting} texts wait already`))
      return count(await wait(text, key, withinMs, signal))
    },
    tallies: () => ({ ...tallies }),
    [Symbol.asyncDispose]: async () => {
      await thread[Symbol.asyncDispose]()
      if (Object.values(tallies).some((count) => count > 0)) logger.info({ ...tallies }, 'the embedder is closed')
    },
  }
}

/** A text that somebody waits for. */
interface Job {
  text: string
  key: string
  answer: (outcome: PerceiveOutcome) => void
}

const skipped = (reason: SkipReason, why: string): PerceiveOutcome => ({ kind: 'skipped', reason, why })
