import { examine } from '../../../../src/cli/doctor/examine.ts'
import { readCredentials } from '../../../../src/cli/doctor/credentials.ts'
import type { Verdict } from '../../../../src/cli/doctor/finding.ts'
import { reportSchema } from '../../../../src/cli/doctor/report.ts'
import type { Entry, Report } from '../../../../src/cli/doctor/report.ts'
import type { StandIn } from '../../../../src/cli/doctor/stand-in.ts'
import { readTarget } from '../../../../src/cli/doctor/target.ts'

/** A report, and what it says of one thing. */
export interface Examined {
  report: Report
  /** @throws Error where it says nothing of that */
  of(check: string, subject: string): Entry
  /** `check: subject` of all findings with this verdict. */
  all(verdict: Verdict): string[]
}

/** Examines what is at `url` within this process; every report must fit its schema. */
export const examineAt = async (
  url: string,
  options: {
    key?: string
    headers?: readonly string[]
    spend?: boolean
    model?: string
    standIn?: StandIn
    timeoutMs?: number
  } = {},
): Promise<Examined> => {
  const { key = null, headers = [], spend = false, model = null, standIn = null, timeoutMs = 60_000 } = options
  const orders = {
    target: readTarget(url),
    credentials: readCredentials(key, headers),
    model,
    spend,
    upstream: null,
    timeoutMs,
    json: false,
  }
  const told: Entry[] = []
  const report = reportSchema.parse(
    await examine({ orders, standIn, tell: (entry) => told.push(entry), now: Date.now }, new AbortController().signal),
  )
  if (JSON.stringify(told) !== JSON.stringify(report.findings))
    throw new Error('What was told is not what is reported.')
  return {
    report,
    of: (check, subject) => {
      const found = report.findings.find((entry) => entry.check === check && entry.subject === subject)
      if (found === undefined) throw new Error(`Nothing on ${check}: ${subject} in ${JSON.stringify(report, null, 1)}`)
      return found
    },
    all: (verdict) =>
      report.findings.filter((entry) => entry.verdict === verdict).map((entry) => `${entry.check}: ${entry.subject}`),
  }
}
