import type { ExactCache, Look } from '../cache/exact.ts'
import type { CachedAnswer } from '../contract/store.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Trail } from './trail.ts'

/** What memory had. `flightKey`: identical requests of the moment share one call; null: this one goes alone. */
export type Memory =
  | { state: 'hit'; answer: CachedAnswer }
  | { state: 'miss'; look: Exclude<Look, { state: 'hit' }>; flightKey: string | null }

export type Recall = (trail: Trail) => Promise<Memory>

/** Looks for an answer given earlier to the same request of the same caller. */
export const createRecall =
  ({ cache, clock }: { cache: ExactCache; clock: Clock }): Recall =>
  async (trail) => {
    const { request, context } = trail
    const look = await cache.look(request, context.caller.id)
    trail.recalledAtMs = clock.now()
    if (look.state === 'hit') return { state: 'hit', answer: look.entry.answer }
    trail.cache = look.state
    trail.cacheReason = look.state === 'bypass' ? look.reason : null
    // Who wants a fresh answer does not want one that began before he asked.
    const mayShare = look.state === 'miss' && request.cache.read
    return { state: 'miss', look, flightKey: mayShare ? look.key : null }
  }
