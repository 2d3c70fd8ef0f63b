import { z } from 'zod'
import { showCacheStats } from '../../admin/cache.ts'
import type { CacheOutcome } from '../../admin/cache.ts'
import { readFields, strictly } from '../../contract/border.ts'
import { cacheOrderFields } from '../../contract/cache-order.ts'
import { parameters } from './query.ts'

const order = z.strictObject(cacheOrderFields, { error: strictly(Object.keys(cacheOrderFields)) })

/** Query of `GET /api/cache`, which only looks. */
export const cacheQuery = parameters({ scope: cacheOrderFields.scope }).transform(({ scope }) =>
  order.parse({ action: 'stats', scope }),
)

/** Body of `POST /api/cache`, in the words of the tool `manage_cache`. @throws GatewayError invalid_request */
export const readCacheBody = (body: unknown): z.output<typeof order> => readFields(order, body, '')

export const showCache = ({ action, scope }: z.output<typeof order>, { affected, curated, stats }: CacheOutcome) => ({
  action,
  scope,
  cleared: action === 'curate' ? null : affected,
  curated,
  ...showCacheStats(stats),
})
