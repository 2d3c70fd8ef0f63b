import type { AnswerMemory, NoHit } from '../cache/cache.ts'
import type { Hit } from '../cache/tiers.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { CacheTier, Recalled, TierLook } from '../contract/receipt.ts'
import type { CachedAnswer, CacheEntry } from '../contract/store.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Trail } from './trail.ts'

/** What memory had. `flightKey`: identical requests of the moment share one call; null: this one goes alone. */
export type Memory<Event extends Content> = { state: 'hit'; tier: CacheTier; answer: CachedAnswer<Event> } | Miss

export interface Miss {
  state: 'miss'
  look: NoHit
  flightKey: string | null
}

export type Recall<Request extends Asked, Event extends Content> = (
  trail: Trail<Request>,
  signal: AbortSignal,
) => Promise<Memory<Event>>

/** Looks for an answer given earlier to the same caller: to the same request, or to one that asks the same. */
export const createRecall =
  <Request extends Asked, Event extends Content>(parts: {
    memory: AnswerMemory<Request, Event>
    /** Has a stale answer made anew, off this caller's path. */
    refresh: (trail: Trail<Request>, entry: CacheEntry) => void
    /** Told of each near answer that is given. */
    nearGiven?: ((trail: Trail<Request>, entry: CacheEntry) => void) | undefined
    clock: Clock
  }): Recall<Request, Event> =>
  async (trail, signal) => {
    const { request, context } = trail
    const withinMs = Math.max(0, trail.deadlineAtMs - parts.clock.now())
    const looked = (one: TierLook): void => void trail.looks.push(one)
    const look = await parts.memory.look(request, context.caller, { withinMs, signal, looked })
    trail.recalledAtMs = parts.clock.now()
    if (look.state === 'hit') {
      if (look.isStale) parts.refresh(trail, look.entry)
      if (look.tier === 'near') parts.nearGiven?.(trail, look.entry)
      trail.cacheReason = remarkOn(look)
      trail.recalled = recalledOf(look, trail)
      return { state: 'hit', tier: look.tier, answer: look.entry.answer }
    }
    trail.cache = look.state
    trail.cacheReason = look.state === 'bypass' ? look.reason : look.nearMiss
    // Who wants a fresh answer does not want one that began before he asked.
    const mayShare = look.state === 'miss' && request.cache.read
    return { state: 'miss', look, flightKey: mayShare ? look.key : null }
  }

/** What a reader of the receipt should know of a hit. */
const remarkOn = ({ isCurated, isStale }: Hit<Content>): string | null => {
  if (isCurated) return 'curated'
  return isStale ? 'stale' : null
}

const recalledOf = ({ entry, ageMs, p, similarity, question }: Hit<Content>, trail: Trail): Recalled => {
  const { caller } = trail.context
  const mayKnow = entry.ownerId === caller.id || caller.scope === 'admin'
  const { madeInMs } = entry.answer
  const spentMs = (trail.recalledAtMs ?? trail.receivedAtMs) - trail.receivedAtMs
  return {
    entryId: entry.id,
    ageMs,
    p,
    similarity: mayKnow ? similarity : null,
    savedMs: madeInMs === undefined ? null : Math.max(0, madeInMs - spentMs),
    question,
  }
}
