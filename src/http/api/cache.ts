import { z } from 'zod'
import { showCacheStats } from '../../admin/cache.ts'
import type { CacheOutcome } from '../../admin/cache.ts'
import { readFields, strictly } from '../../contract/border.ts'
import { cacheOrderFields } from '../../contract/cache-order.ts'
import type { Admin } from '../../admin/admin.ts'
import { showPolicy } from '../../admin/near.ts'
import { cacheFeedbackFields, cachePolicyFields } from '../../contract/cache-feedback.ts'
import type { Caller } from '../../contract/caller.ts'
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

const feedback = z.strictObject(cacheFeedbackFields, { error: strictly(Object.keys(cacheFeedbackFields)) })
const policy = z.strictObject(cachePolicyFields, { error: strictly(Object.keys(cachePolicyFields)) })

/** `POST /api/cache/feedback`. @throws GatewayError invalid_request, not_found */
export const tellFeedback = async (admin: Pick<Admin, 'cacheFeedback'>, caller: Caller, body: unknown) => {
  const { request_id: requestId, entry_id: entryId, verdict } = readFields(feedback, body, '')
  const said = await admin.cacheFeedback(caller, { requestId, entryId, verdict })
  return { entry_id: said.entryId, outcome: said.outcome }
}

/** `GET` and, with a body, `PUT /api/cache/policy`. @throws GatewayError invalid_request, insufficient_scope */
export const showPolicyFor = async (
  admin: Pick<Admin, 'cachePolicy' | 'changeCachePolicy'>,
  caller: Caller,
  body: unknown,
) => {
  if (body === null) return showPolicy(admin.cachePolicy())
  const { mode, max_false_hit_rate: maxFalseHitRate, by_class: byClass } = readFields(policy, body, '')
  return showPolicy(await admin.changeCachePolicy(caller, { mode, maxFalseHitRate, byClass }))
}
