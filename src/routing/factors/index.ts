import { cost } from './cost.ts'
import type { Factor } from './factor.ts'
import { health } from './health.ts'
import { latency } from './latency.ts'
import { quality } from './quality.ts'

/** Every factor of the score. */
export const factors: readonly Factor[] = [cost, quality, latency, health]
