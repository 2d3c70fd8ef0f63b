import type { ExactCache } from '../cache/exact.ts'
import type { AnswerEvent } from '../contract/chat.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { Memory } from './recall.ts'
import type { Trail } from './trail.ts'

/** An answer being kept as it comes. */
export interface Keeping {
  add(event: AnswerEvent): void
  /** Remembers the whole answer, if it may be. */
  keep(receipt: Receipt): Promise<void>
}

export type Remember = (memory: Exclude<Memory, { state: 'hit' }>, trail: Trail) => Keeping

const nothing: Keeping = { add: () => undefined, keep: async () => undefined }

/** Keeps complete answers for the next who asks the same; nothing is held for requests whose answer may not be kept. */
export const createRemember =
  ({ cache }: { cache: ExactCache }): Remember =>
  ({ look }, trail) => {
    if (look.state === 'bypass' || !look.write) return nothing
    const events: AnswerEvent[] = []
    return {
      add: (event) => void events.push(event),
      keep: async ({ served, usage, costNanoUsd, simulated, task }) => {
        if (!served || !usage) return
        const { finishes, warnings, context } = trail
        const { provider, model, answeredModel } = served
        const answer = { events, finishes, warnings, usage, provider, model, answeredModel, costNanoUsd, simulated }
        await cache.keep(look, context.caller.id, { ...answer, task })
      },
    }
  }
