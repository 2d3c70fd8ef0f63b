import type { AnswerMemory } from '../cache/cache.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Receipt } from '../contract/receipt.ts'
import { noUsage } from './end.ts'
import type { Miss } from './recall.ts'
import type { Trail } from './trail.ts'

/** An answer being kept as it comes. */
export interface Keeping<Event extends Content> {
  add(event: Event): void
  /** Tells those who wait for the answer, as soon as it is known that it will not be kept. */
  foresee(event?: Event): void
  /** Remembers the whole answer, if it may be; returns whether it did. */
  keep(receipt: Receipt): Promise<boolean>
}

export type Remember<Event extends Content> = (miss: Miss, trail: Trail) => Keeping<Event>

const nothing: Keeping<Content> = { add: () => undefined, foresee: () => undefined, keep: async () => false }

/** Keeps complete answers for the next who asks the same; nothing is held for requests whose answer may not be kept. */
export const createRemember =
  <Request extends Asked, Event extends Content>(memory: AnswerMemory<Request, Event>): Remember<Event> =>
  ({ look, turn }, trail) => {
    if (look.state === 'bypass' || !look.write) return nothing
    const events: Event[] = []
    const foresee = (event: Event | null = null): void => {
      if (turn && memory.foresee(look, { task: trail.task, event }) !== null) turn.giveUp()
    }
    return {
      add: (event) => {
        events.push(event)
        foresee(event)
      },
      foresee,
      keep: async ({ served, usage, costNanoUsd, simulated, task, timings }) => {
        if (!served) return false
        const { finishes, warnings, context } = trail
        const { provider, model, answeredModel } = served
        const answer = {
          events,
          finishes,
          warnings,
          usage: usage ?? noUsage,
          provider,
          model,
          answeredModel,
          costNanoUsd,
          madeInMs: Math.round(timings.totalMs),
          simulated,
        }
        const { kept } = await memory.keep(look, context.caller.id, { ...answer, task }, turn?.lease ?? null)
        return kept
      },
    }
  }
