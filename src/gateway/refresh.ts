import { randomUUID } from 'node:crypto'
import type { RequestContext } from '../contract/journey.ts'
import type { Asked } from '../contract/operation.ts'
import type { CacheEntry, Leases } from '../contract/store.ts'
import type { Trail } from './trail.ts'
import { takeTurnIfFree } from './turn.ts'

interface Refreshing<Request extends Asked> {
  /** Makes an answer anew unless that is being done, here or on another instance; returns at once. */
  start(trail: Trail<Request>, entry: CacheEntry): void
  /** Calls off what runs, and resolves when nothing does. */
  stop(): Promise<void>
}

/**
 * Calls that nobody waits for: the answer of each takes the place of a stale one. It is the request of whoever was given the
 * stale answer, made again in his name, by his rate and on his bill; its receipt bears the entry in the mark `cache_refresh`.
 * What goes wrong is in the receipt or the log, as with any request.
 */
export const createRefresh = <Request extends Asked>(
  complete: (request: Request, context: RequestContext) => AsyncIterable<unknown>,
  parts: { leases: Leases; isRenewed: (entry: CacheEntry) => Promise<boolean> },
): Refreshing<Request> => {
  const running = new Map<string, Promise<void>>()
  const stopping = new AbortController()

  const run = async (entry: CacheEntry, request: Request, context: RequestContext): Promise<void> => {
    const turn = await takeTurnIfFree(parts.leases, entry.key)
    if (!turn) return
    try {
      // Another instance may have done it since this one looked.
      if (await parts.isRenewed(entry)) return
      for await (const _event of complete(request, context));
    } catch {
      // Told where every failure is told.
    } finally {
      await turn.end(true)
    }
  }

  return {
    start: ({ request, context }, entry) => {
      if (running.has(entry.key) || stopping.signal.aborted) return
      const again: Request = {
        ...request,
        cache: { ...request.cache, read: false },
        tags: { ...request.tags, metadata: { ...request.tags.metadata, cache_refresh: entry.id } },
      }
      const refresh = run(entry, again, {
        ...context,
        requestId: `req_${randomUUID().replaceAll('-', '')}`,
        clientRequestId: null,
        incremental: false,
        signal: stopping.signal,
      }).finally(() => running.delete(entry.key))
      running.set(entry.key, refresh)
    },
    stop: async () => {
      stopping.abort(new DOMException('The gateway is stopping', 'AbortError'))
      await Promise.all(running.values())
    },
  }
}
