import type { Task } from '../../contract/plan.ts'
import type { CacheEntry, CachedAnswer, NearQuestion } from '../../contract/store.ts'
import { countUp } from '../count-up.ts'
import { compareAnswers, textOf } from './agree.ts'
import type { Agreement } from './agree.ts'
import { countTask, shownRates } from './counts.ts'
import type { NearCounts } from './counts.ts'
import type { Examination, NearAsked, NearTier, Waiting } from './near.ts'
import type { NearPolicy, PolicyChange, PolicyView } from './policy.ts'

/** The near tier with what it learns: every examination is counted, every comparison weighs on the bound. */
export interface NearMemory {
  look(
    asked: NearAsked,
    may: (entry: CacheEntry) => boolean,
    waiting: Waiting,
    counts: NearCounts,
  ): Promise<Examination>
  /** As `look`, but nothing is counted. */
  examine: NearTier['examine']
  questionFor(asked: NearAsked, signal: AbortSignal): Promise<NearQuestion | null>
  /** Holds an answer that was given, or would have been, against one that was made for the question. Never throws. */
  compare(pair: ComparedPair, counts: NearCounts): Promise<Agreement>
  /** A caller called a near answer wrong. */
  blame(task: Task): void
  policy(): PolicyView
  /** @throws GatewayError invalid_request */
  changePolicy(change: PolicyChange): Promise<void>
}

export interface ComparedPair {
  task: Task
  given: Pick<CachedAnswer, 'events'>
  made: Pick<CachedAnswer, 'events'>
}

interface NearMemoryParts {
  tier: NearTier
  policy: NearPolicy
  /** Of two answers; null where they cannot be perceived. */
  cosineOf: (one: string, other: string) => Promise<number | null>
}

export const createNearMemory = ({ tier, policy, cosineOf }: NearMemoryParts): NearMemory => {
  const count = ({ miss, judged, best, form }: Examination, { task }: NearAsked, counts: NearCounts): void => {
    counts.asked += 1
    if (miss !== null) countUp(counts.refusals, miss)
    for (const { vetoes } of judged) for (const { guard } of vetoes) countUp(counts.vetoes, guard)
    if (miss === null) countTask(counts, task, 'hits')
    if (miss === 'shadow') countTask(counts, task, 'shadowed')
    if (!best || best.p === null || form === 'cosine') return
    for (const rate of shownRates) {
      const threshold = tier.thresholdFor(form, rate)
      if (threshold !== null && best.p >= threshold) countUp(counts.wouldServe, String(rate))
    }
  }

  return {
    look: async (asked, may, waiting, counts) => {
      const examination = await tier.examine(asked, may, waiting)
      count(examination, asked, counts)
      return examination
    },
    examine: tier.examine,
    questionFor: tier.questionFor,
    compare: async ({ task, given, made }, counts) => {
      const agreement = await compareAnswers(textOf(given), textOf(made), cosineOf).catch((): Agreement => 'unclear')
      counts.canaries[agreement] += 1
      if (agreement !== 'unclear') policy.observe(task, agreement === 'differ')
      return agreement
    },
    blame: (task) => policy.observe(task, true),
    policy: policy.view,
    changePolicy: policy.change,
  }
}
