import { createHash } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import type { ScorePairs } from '../contract/near.ts'
import type {
  Perceive,
  PerceiveOutcome,
  PerceptionFacts,
  PerceptionTallies,
  SkipReason,
} from '../contract/perception.ts'
import type { Logger } from '../contract/runtime.ts'
import type { EmbedderSettings } from '../contract/settings.ts'
import { createLru } from '../lib/lru.ts'
import { createLine } from './line.ts'
import type { Line } from './line.ts'
import type { Answer } from './protocol.ts'
import { createPerceptionThread } from './thread.ts'
import type { PerceptionThread } from './thread.ts'

/** What the gateway sees in a text beside its letters. It is another thread's work: the event loop never waits for it. */
export interface Perception extends AsyncDisposable, Pick<PerceptionThread, 'ready'> {
  /** Whoever waited as long as it was worth goes on without; what comes later is kept for the next who asks. */
  perceive: Perceive
  scorePairs: ScorePairs
  /** Loads both models before anybody waits for them. Never throws. */
  warm(): Promise<void>
  facts(): PerceptionFacts
  tallies(): PerceptionTallies
  /** For the index, which is the same thread's work. */
  thread: PerceptionThread
  line: Line
  count(what: keyof PerceptionTallies, by?: number): void
}

/** Texts, searches and pairs wait in one line for one worker, which loads the models when the first one comes. */
export const createPerception = (options: {
  startWorker: () => Worker
  settings: Pick<EmbedderSettings, 'maxWaiting' | 'maxRemembered'>
  logger: Logger
  patienceMs?: number
}): Perception => {
  const { logger, settings } = options
  const thread = createPerceptionThread(options)
  const line = createLine({ max: settings.maxWaiting })
  const remembered = createLru<string, Extract<PerceiveOutcome, { kind: 'perceived' }>>({ max: settings.maxRemembered })
  const tallies = noTallies()

  const count = (what: keyof PerceptionTallies, by = 1): void => {
    tallies[what] += by
  }

  const embed = async (text: string, key: string): Promise<PerceiveOutcome> => {
    // The same text may have stood in front.
    const known = remembered.find(key)
    if (known) return known
    const answer = await thread.ask({ kind: 'embed', text })
    if (answer.kind !== 'perceived') return skipOf(answer)
    const outcome = { kind: 'perceived', ...answer.perceived } as const
    remembered.keep(key, outcome)
    return outcome
  }

  return {
    ready: thread.ready,
    perceive: async (text, withinMs, signal) => {
      signal.throwIfAborted()
      const key = createHash('sha256').update(text).digest('base64')
      const known = remembered.find(key)
      if (known) {
        count('remembered')
        return known
      }
      const outcome = await line.wait(() => embed(text, key), withinMs, signal)
      count(outcome.kind === 'perceived' ? 'perceived' : outcome.reason)
      return outcome
    },
    scorePairs: async (pairs, withinMs, signal) => {
      const answer = await line.wait(() => thread.ask({ kind: 'score', pairs }), withinMs, signal)
      if (answer.kind === 'logits') {
        count('scored', pairs.length)
        return { kind: 'found', logits: answer.logits, reader: answer.reader }
      }
      const skip = skipOf(answer)
      count(skip.reason)
      return skip
    },
    warm: async () => void (await thread.ask({ kind: 'warm' })),
    facts: () => ({ ...thread.facts(), tallies: { ...tallies } }),
    tallies: () => ({ ...tallies }),
    thread,
    line,
    count,
    [Symbol.asyncDispose]: async () => {
      await thread[Symbol.asyncDispose]()
      if (Object.values(tallies).some((count) => count > 0)) logger.info({ ...tallies }, 'the embedder is closed')
    },
  }
}

/** An answer that is not the one that was asked for. */
export const skipOf = (answer: Answer): { kind: 'skipped'; reason: SkipReason; why: string } =>
  answer.kind === 'skipped'
    ? answer
    : { kind: 'skipped', reason: 'failed', why: `the worker answered "${answer.kind}"` }

const noTallies = (): PerceptionTallies => ({
  perceived: 0,
  remembered: 0,
  searched: 0,
  scored: 0,
  indexed: 0,
  'no-embedder': 0,
  'queue-full': 0,
  late: 0,
  lost: 0,
  failed: 0,
})
