import { z } from 'zod'
import { verdicts } from './finding.ts'
import type { Finding } from './finding.ts'

const usd = z.string().regex(/^\d+\.\d{9}$/)

/** What `--json` prints. docs/doctor.md explains the fields; a field may be added, none is renamed or taken away. */
export const reportSchema = z.strictObject({
  format: z.literal(1),
  /** Version of the doctor. */
  doctor: z.string(),
  url: z.string(),
  started_at: z.iso.datetime(),
  elapsed_ms: z.int().min(0),
  /** Whether the gateway is an ai-gateway-mcp. */
  ours: z.boolean(),
  /** The worst that was found. */
  verdict: z.enum(['well', 'warnings', 'wrong']),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      subject: z.string(),
      verdict: z.enum(verdicts),
      said: z.string(),
      todo: z.string().nullable(),
      measures: z.record(z.string(), z.number()),
    }),
  ),
  /** With `--spend`: what the requests could cost at most, and did cost. Null in it: unknown, which is not free. */
  spend: z.strictObject({ at_most_usd: usd.nullable(), cost_usd: usd.nullable(), simulated: z.boolean() }).nullable(),
})
export type Report = z.output<typeof reportSchema>

/** A finding and the check that made it. */
export type Entry = Report['findings'][number]

export const verdictOf = (findings: readonly Pick<Finding, 'verdict'>[]): Report['verdict'] => {
  const has = (verdict: Finding['verdict']): boolean => findings.some((finding) => finding.verdict === verdict)
  if (has('wrong')) return 'wrong'
  return has('slow') || has('warning') ? 'warnings' : 'well'
}
