import type { Tool } from '../tool.ts'
import { cacheFeedback } from './cache-feedback.ts'
import { cachePolicy } from './cache-policy.ts'
import { callApi } from './call-api.ts'
import { embed } from './embed.ts'
import { estimateCost } from './estimate-cost.ts'
import { explainCache } from './explain-cache.ts'
import { explainRoute } from './explain-route.ts'
import { gatewayStatus } from './gateway-status.ts'
import { getUsageStats } from './get-usage-stats.ts'
import { listProviders } from './list-providers.ts'
import { manageCache } from './manage-cache.ts'
import { unifiedCompletion } from './unified-completion.ts'

/** Every tool, in the order in which clients list them. A new one is a file beside this one and a line here. */
export const tools: readonly Tool[] = [
  unifiedCompletion,
  embed,
  callApi,
  listProviders,
  estimateCost,
  explainRoute,
  getUsageStats,
  manageCache,
  cachePolicy,
  cacheFeedback,
  explainCache,
  gatewayStatus,
]
