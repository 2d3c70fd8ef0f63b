import { limitFields, limitNames, limitUnits } from '../contract/limit.ts'
import type { Limit } from '../contract/limit.ts'
import type { LimitSettings } from '../contract/settings.ts'
import type { AuthSettings } from './auth.ts'
import type { Env } from './env.ts'
import type { LimitEntry, LimitsEntry } from './schema/limits.ts'

const minuteMs = 60_000

/** The windows of config/limits.yaml. Callers have none of their own where nobody is told from anybody else. */
export const limitSettings = ({ rate, limits }: LimitsEntry, env: Env, auth: AuthSettings): LimitSettings => ({
  callers:
    auth.mode === 'none'
      ? []
      : [
          {
            unit: 'requests',
            windowMs: env.RATE_LIMIT_WINDOW_MS ?? rate.window_ms,
            max: env.RATE_LIMIT_MAX_REQUESTS ?? rate.max_requests,
          },
          ...windowsOf(limits.callers),
        ],
  byCaller: byName(limits.by_caller),
  priorities: new Map(
    Object.entries(limits.by_caller).flatMap(([id, { priority }]) => (priority === undefined ? [] : [[id, priority]])),
  ),
  models: byName(limits.models),
  providers: byName(limits.providers),
})

const byName = (entries: Readonly<Record<string, LimitEntry>>): ReadonlyMap<string, readonly Limit[]> =>
  new Map(Object.entries(entries).map(([name, entry]) => [name, windowsOf(entry)]))

const windowsOf = (entry: LimitEntry): Limit[] => {
  const { burst } = entry
  const minute = { requests: entry.requests_per_minute, tokens: entry.tokens_per_minute }
  const windows = limitFields.flatMap((name): Limit[] => {
    const max = entry[name]
    return max === undefined ? [] : [{ ...limitNames[name], max }]
  })
  const bursts = limitUnits.flatMap((unit): Limit[] => {
    const [steady, above] = [minute[unit], burst?.[unit]]
    if (!burst || steady === undefined || above === undefined) return []
    const ofMinute = Math.ceil((steady * burst.window_ms) / minuteMs)
    return [{ unit, windowMs: burst.window_ms, max: Math.min(steady, ofMinute + above) }]
  })
  return [...windows, ...bursts]
}
