import type { Task } from '../contract/plan.ts'
import type { BypassReason } from './eligible.ts'
import type { Examination } from './near/near.ts'

/** What each tier of memory would do with a request; nothing is called, counted or kept. */
export interface MemoryExplanation {
  /** Why memory is not asked at all; null where it is. */
  bypass: BypassReason | null
  /** Entries that the tiers find; null: none. */
  exact: string | null
  canonical: string | null
  /** Another form of the question may serve. */
  formMatters: boolean
  task: Task | null
  /** Null where there is no near tier, or no text that could be compared. */
  near: Examination | null
}

export const nothingToExplain = (bypass: BypassReason | null): MemoryExplanation => ({
  bypass,
  exact: null,
  canonical: null,
  formMatters: true,
  task: null,
  near: null,
})
