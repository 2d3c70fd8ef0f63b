import { z } from 'zod'
import type { Json } from '../../contract/json.ts'
import { tasks } from '../../contract/plan.ts'
import { nearModes } from '../../contract/settings.ts'
import type { NearSettings } from '../../contract/settings.ts'
import { canonicalJson } from '../../lib/canonical.ts'

const rules = z.object({
  mode: z.enum(nearModes),
  maxFalseHitRate: z.number().min(0).max(1),
  byClass: z.partialRecord(z.enum(tasks), z.number().min(0).max(1)),
})

const evidence = z.object({
  compared: z.int().nonnegative(),
  differed: z.int().nonnegative(),
  broken: z.boolean(),
})

const kept = z.object({
  /** What found the answers that the evidence is about: of another verifier it says nothing. */
  judgedBy: z.string(),
  /** What was configured when the rules were changed: who edits the file since then means the file. */
  configured: rules,
  rules,
  evidence: z.partialRecord(z.enum(tasks), evidence),
})

/** Which near answers may be given. */
export type NearRules = z.infer<typeof rules>
/** What outlives a restart: as it is written, and as it is read. */
export type KeptPolicy = z.infer<typeof kept>

export const rulesOf = ({ mode, maxFalseHitRate, byClass }: Pick<NearSettings, keyof NearRules>): NearRules => ({
  mode,
  maxFalseHitRate,
  byClass: { ...byClass },
})

/** What of a kept policy still holds. Nothing of one that nobody wrote, or that cannot be read. */
export const recallPolicy = (
  note: Json | null,
  { configured, judgedBy }: Pick<KeptPolicy, 'configured' | 'judgedBy'>,
): Pick<KeptPolicy, 'rules' | 'evidence'> => {
  const { data } = kept.safeParse(note)
  const isConfiguredSo = data && canonicalJson(data.configured) === canonicalJson(configured)
  return {
    rules: isConfiguredSo ? data.rules : configured,
    evidence: data?.judgedBy === judgedBy ? data.evidence : {},
  }
}
