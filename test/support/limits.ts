import type { Config } from '../../src/config/config.ts'
import type { Limit } from '../../src/contract/limit.ts'

const minuteMs = 60_000

export const requestsAMinute = (max: number): Limit => ({ unit: 'requests', windowMs: minuteMs, max })
export const tokensAMinute = (max: number): Limit => ({ unit: 'tokens', windowMs: minuteMs, max })

/** A change of a test's configuration: each caller has these limits and no others. */
export const limitCallers =
  (...callers: readonly Limit[]) =>
  (config: Config): Config => ({ ...config, limits: { ...config.limits, callers } })
