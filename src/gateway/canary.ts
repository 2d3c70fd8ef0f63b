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
  /**
   * What these checks have cost since then; null where some price is unknown. Asked once a day and after a failure, so that
   * a restart finds the day's budget as it left it.
   */
  readSpent: (callerId: string, fromMs: number) => Promise<NanoUsd | null>
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
 * What was spent is in the ledger, from before a restart too.
 */
export const createCanaries = ({ settings, collect, compare, readSpent, clock, random }: CanaryParts): Canaries => {
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  /** Of the day; null: the ledger knows. */
  let spent: { day: number; nanoUsd: NanoUsd } | null = null

  const today = (): number => Math.floor(clock.now() / dayMs)

  const spentToday = async (): Promise<{ day: number; nanoUsd: NanoUsd }> => {
    const day = today()
    if (spent?.day === day) return spent
    // A price that nobody knows may be any: the day's budget is taken for spent.
    const nanoUsd = (await readSpent(checker.id, day * dayMs)) ?? settings.budgetNanoUsdPerDay
    return { day, nanoUsd }
  }

  const isSpent = (): boolean => spent?.day === today() && spent.nanoUsd >= settings.budgetNanoUsdPerDay

  const check = async (trail: Trail<ChatRequest>, entry: CacheEntry): Promise<void> => {
    const { request, context } = trail
    try {
      spent = await spentToday()
      const maxCostNanoUsd = settings.budgetNanoUsdPerDay - spent.nanoUsd
      if (maxCostNanoUsd <= 0n || stopping.signal.aborted) return
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
      spent.nanoUsd += answer.receipt.costNanoUsd ?? maxCostNanoUsd
      const text = answer.choices.map((choice) => choice.text).join('')
      await compare(trail, entry.answer, { events: [{ type: 'text', choice: 0, text }] })
    } catch {
      // Told where every failure is told; what a broken call cost is on its receipt.
      spent = null
    }
  }

  return {
    given: (trail, entry) => {
      const isOff = settings.budgetNanoUsdPerDay === 0n || stopping.signal.aborted
      if (running || isOff || isSpent() || random() >= settings.share) return
      running = check(trail, entry).finally(() => {
        running = null
      })
    },
    stop: async () => {
      stopping.abort(new DOMException('The gateway is stopping', 'AbortError'))
      await running
    },
  }
}
