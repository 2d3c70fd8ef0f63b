import type { Task } from '../contract/plan.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Entries } from '../contract/store.ts'
import type { NearCounts } from './near/counts.ts'
import type { NearMemory } from './near/memory.ts'
import { banTag, bansOf } from './near/near.ts'

export interface FeedbackQuery {
  callerId: string
  entryId: string
  /** Only entries of this scope; null: of any. */
  scope: string | null
  /** Names the question that got the answer though it was another's; null for the entry's own question. */
  question: string | null
  task: Task | null
  verdict: 'good' | 'bad'
}

/** What became of it: the pair is never served again, the entry serves no other question any more, or it is gone. */
export type FeedbackOutcome = 'noted' | 'pair_banned' | 'only_exact_now' | 'forgotten' | 'not_found'

/** So many questions that it is wrong for, and an entry serves none but its own. */
const maxBans = 2

const dayMs = 86_400_000

/**
 * What a caller says of an answer from memory. Of a near one the pair of questions is banned; of any other the answer itself
 * is wrong, and forgotten. A ban is a tag of the entry, and so lives as long as that.
 */
export const createFeedback = ({
  entries,
  near,
  clock,
}: {
  entries: Entries
  near: NearMemory | null
  clock: Clock
}) => {
  /** Who has weighed on which kind of work's bound today. */
  let heard = { day: 0, words: new Set<string>() }

  /** A bound breaks for everybody: so that no caller breaks it alone, his word on a kind of work counts once a day. */
  const blameOnce = (task: Task, callerId: string): void => {
    const day = Math.trunc(clock.now() / dayMs)
    if (heard.day !== day) heard = { day, words: new Set() }
    const word = `${task} ${callerId}`
    if (!heard.words.has(word)) near?.blame(task)
    heard.words.add(word)
  }

  return async (
    { callerId, entryId, scope, question, task, verdict }: FeedbackQuery,
    counts: NearCounts,
  ): Promise<FeedbackOutcome> => {
    const [entry] = await entries.read([entryId])
    if (!entry || (scope !== null && entry.scope !== scope)) return 'not_found'
    if (question !== null) counts.feedback[verdict] += 1
    if (verdict === 'good') return 'noted'
    if (question === null) {
      await entries.remove({ scope: entry.scope, ids: [entryId], dryRun: false })
      return 'forgotten'
    }
    if (task) blameOnce(task, callerId)
    const tags = [...new Set([...entry.tags, banTag(question)])]
    const isStruckOut = bansOf({ tags }).length >= maxBans
    await entries.set({ ...entry, tags, near: isStruckOut ? null : entry.near })
    return isStruckOut ? 'only_exact_now' : 'pair_banned'
  }
}
