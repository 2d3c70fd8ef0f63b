import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Receipts, UsageGrouping, UsageReport } from '../contract/store.ts'
import { requireAdmin } from './scope.ts'
import type { Whose } from './scope.ts'

export const usagePeriods = ['today', 'yesterday', '7d', '30d', 'month'] as const
export type UsagePeriod = (typeof usagePeriods)[number]

export interface UsageQuestion {
  caller: Caller
  /** Unset: everybody's for an admin, else the caller's own. */
  whose?: Whose | undefined
  groupBy: UsageGrouping
  /** The field of the metadata that `tag` groups by; for no other grouping. */
  tag?: string | undefined
  /** Only what was marked with this `user`. */
  user?: string | undefined
  /** Named span; `from` and `until` replace its ends. All in UTC. */
  period: UsagePeriod
  /** ISO 8601 date or time, inclusive. */
  from?: string | undefined
  /** ISO 8601 date or time, exclusive. */
  until?: string | undefined
}

export interface UsageAnswer {
  fromMs: number
  untilMs: number
  whose: Whose
  real: UsageReport
  /** Answers of the sandbox, never added to the real ones. */
  simulated: UsageReport
}

/**
 * What was asked, answered and paid.
 * @throws GatewayError insufficient_scope, invalid_request for dates that cannot be read or run backwards, and for a tag
 *   without its grouping
 */
export const createUsage =
  ({ receipts, clock }: { receipts: Pick<Receipts, 'usage'>; clock: Clock }) =>
  async (question: UsageQuestion): Promise<UsageAnswer> => {
    const { caller, groupBy, tag, user } = question
    if ((groupBy === 'tag') !== (tag !== undefined))
      throw new GatewayError(
        'invalid_request',
        '"tag" names the field of the metadata for "group_by" "tag": send both or neither.',
        { param: 'tag' },
      )
    const whose = question.whose ?? (caller.scope === 'admin' ? 'all' : 'mine')
    if (whose === 'all') requireAdmin(caller, "Everybody's usage")

    const span = spanOf(question.period, clock.now())
    const fromMs = question.from === undefined ? span.fromMs : readInstant(question.from, 'from')
    const untilMs = question.until === undefined ? span.untilMs : readInstant(question.until, 'until')
    if (fromMs >= untilMs)
      throw new GatewayError('invalid_request', '"from" must be before "until".', { param: 'from' })

    const query = { callerId: whose === 'all' ? null : caller.id, user, fromMs, untilMs, groupBy, tag }
    const [real, simulated] = await Promise.all([
      receipts.usage({ ...query, simulated: false }),
      receipts.usage({ ...query, simulated: true }),
    ])
    return { fromMs, untilMs, whose, real, simulated }
  }

const dayMs = 24 * 60 * 60 * 1000

/** Days begin at midnight UTC. An open end is the next millisecond, so that what just happened counts. */
const spanOf = (period: UsagePeriod, nowMs: number): { fromMs: number; untilMs: number } => {
  const todayMs = Math.floor(nowMs / dayMs) * dayMs
  const untilMs = nowMs + 1
  switch (period) {
    case 'today':
      return { fromMs: todayMs, untilMs }
    case 'yesterday':
      return { fromMs: todayMs - dayMs, untilMs: todayMs }
    case '7d':
      return { fromMs: nowMs - 7 * dayMs, untilMs }
    case '30d':
      return { fromMs: nowMs - 30 * dayMs, untilMs }
    case 'month': {
      const now = new Date(nowMs)
      return { fromMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1), untilMs }
    }
  }
}

/** Only ISO 8601: `Date.parse` alone takes guesses such as "1". A time without a zone is UTC. */
const isoInstant = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?<zone>Z|[+-]\d{2}:\d{2})?)?$/

const readInstant = (text: string, param: string): number => {
  const match = isoInstant.exec(text)
  const zoned = text.includes('T') && match?.groups?.['zone'] === undefined ? `${text}Z` : text
  const atMs = match && isDay(text.slice(0, 10)) ? Date.parse(zoned) : Number.NaN
  if (Number.isNaN(atMs))
    throw new GatewayError(
      'invalid_request',
      `"${param}" must be a date or time in ISO 8601, such as "2026-11-01" or "2026-11-01T08:00:00Z".`,
      { param },
    )
  return atMs
}

/** `Date.parse` takes 30 February for 2 March. */
const isDay = (day: string): boolean => {
  const atMs = Date.parse(day)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day)
}
