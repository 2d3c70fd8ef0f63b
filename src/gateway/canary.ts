import { randomUUID } from 'node:crypto'
import type { AnswerEvent, ChatRequest } from '../contract/chat.ts'
import type { Answer, RequestContext } from '../contract/journey.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { NearSettings } from '../contract/settings.ts'
import type { CacheEntry, CachedAnswer } from '../contract/store.ts'
import type { Trail } from './trail.ts'

interface CanaryParts {
  settings: NearSettings['canary']
  /** The gateway's own, so that a check is admitted, priced and recorded as any call. */
  collect: (request: ChatRequest, context: RequestContext) => Promise<Answer>
  /** Holds what was given against what was made. */
  compare: (
    trail: Trail<ChatRequest>,
    given: CachedAnswer,
    made: { events: readonly AnswerEvent[] },
  ) => Promise<unknown>
  clock: Clock
  random: Random
}

export interface Canaries {
  /** Checks a share of the near answers that are given; returns at once. */
  given(trail: Trail<ChatRequest>, entry: CacheEntry): void
  stop(): Promise<void>
}

/** Nobody's rate and nobody's bill: usage shows what the checks cost by this name. */
const checker = { id: 'gateway:canary', name: 'cache canary', scope: 'use' } as const
const dayMs = 86_400_000

/**
 * Asks the model what memory has just answered, off the caller's path, one check at a time, as long as the day's budget lasts.
 * What was spent is counted from the process's start.
 */
export const createCanaries = ({ settings, collect, compare, clock, random }: CanaryParts): Canaries => {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let spent: { day: number; nanoUsd: NanoUsd } = { day: 0, nanoUsd: 0n }

  const leftNanoUsd = (): NanoUsd => {
    const day = Math.floor(clock.now() / dayMs)
    if (spent.day !== day) spent = { day, nanoUsd: 0n }
    return settings.budgetNanoUsdPerDay - spent.nanoUsd
  }

  const check = async (trail: Trail<ChatRequest>, entry: CacheEntry, maxCostNanoUsd: NanoUsd): Promise<void> => {
    const { request, context } = trail
    try {
      const answer = await collect(
        {
          ...request,
          cache: { read: false, write: false, force: false },
          limits: { maxCostNanoUsd },
          tags: { metadata: { cache_canary: entry.id } },
        },
        {
          ...context,
          requestId: `req_${randomUUID().replaceAll('-', '')}`,
          clientRequestId: null,
          caller: checker,
          incremental: false,
          signal: stopping.signal,
        },
      )
      // A price that nobody knows may be any: the day's budget is taken for spent.
      spent.nanoUsd += answer.receipt.costNanoUsd ?? maxCostNanoUsd
      const text = answer.choices.map((choice) => choice.text).join('')
      await compare(trail, entry.answer, { events: [{ type: 'text', choice: 0, text }] })
    } catch {
      // Told where every failure is told; what a broken call cost is on its receipt.
    }
  }

  return {
    given: (trail, entry) => {
      const left = leftNanoUsd()
      if (running || stopping.signal.aborted || left <= 0n || random() >= settings.share) return
      running = check(trail, entry, left).finally(() => {
        running = null
      })
    },
    stop: async () => {
      stopping.abort(new DOMException('The gateway is stopping', 'AbortError'))
      await running
    },
  }
}
