import type { Stop } from '../stop.ts'
import { bill } from './bill.ts'
import { cache } from './cache.ts'
import { failover } from './failover.ts'
import { limit } from './limit.ts'
import { routing } from './routing.ts'
import { stream } from './stream.ts'
import { tools } from './tools.ts'

/** The tour, in its order. */
export const stops: readonly Stop[] = [tools, routing, cache, failover, stream, limit, bill]
