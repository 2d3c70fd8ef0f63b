import { GatewayError } from '../../contract/errors.ts'
import type { Json } from '../../contract/json.ts'
import { tasks } from '../../contract/plan.ts'
import type { Task } from '../../contract/plan.ts'
import type { NearMode, NearSettings } from '../../contract/settings.ts'
import { addComparison, noEvidence, worstShare } from '../bound.ts'
import type { Evidence } from '../bound.ts'
import { recallPolicy, rulesOf } from './kept-policy.ts'
import type { Verifier } from './verifier.ts'

/** What holds for one kind of work now. */
export interface ClassPolicy {
  /** As it is asked for, or `shadow` where the bound is broken. */
  mode: NearMode
  maxFalseHitRate: number
}

export interface PolicyChange {
  mode?: NearMode | undefined
  maxFalseHitRate?: number | undefined
  /** Null takes a class's own bound away. */
  byClass?: Readonly<Partial<Record<Task, number | null>>> | undefined
}

export interface PolicyView extends Pick<NearSettings, 'mode' | 'maxFalseHitRate' | 'classes' | 'similarityThreshold'> {
  byClass: Readonly<Partial<Record<Task, number>>>
  /** What comparisons have shown, of the classes that have any. */
  evidence: readonly (Evidence & { task: Task; worstShare: number })[]
}

/** When near answers are given: as configured, as an admin has changed it since, and as long as the bound holds. */
export interface NearPolicy {
  of(task: Task): ClassPolicy
  classes: ReadonlySet<Task>
  view(): PolicyView
  /** Resolves once it outlives a restart, where anything does. @throws GatewayError invalid_request */
  change(change: PolicyChange): Promise<void>
  /** A near answer was compared with one that was made for its question, or called wrong. */
  observe(task: Task, differs: boolean): void
}

export interface PolicyOptions {
  settings: NearSettings
  /** What was kept before the last restart; null: nothing. */
  kept: Json | null
  /** Keeps it for the next start. Never throws. */
  keep: (policy: Json) => Promise<void>
  verifier: Pick<Verifier, 'fingerprint'>
  /** Told when a bound breaks, and when it holds again. */
  changed: (what: { task: Task; broken: boolean; maxFalseHitRate: number }) => void
}

export const createNearPolicy = ({ settings, kept, keep, verifier, changed }: PolicyOptions): NearPolicy => {
  const configured = rulesOf(settings)
  const { similarityThreshold } = settings
  const judgedBy = similarityThreshold === null ? verifier.fingerprint : `cosine ${similarityThreshold}`
  const recalled = recallPolicy(kept, { configured, judgedBy })
  let { mode, maxFalseHitRate } = recalled.rules
  const byClass = byTask(recalled.rules.byClass)
  const evidence = byTask(recalled.evidence)
  const rateOf = (task: Task): number => byClass.get(task) ?? maxFalseHitRate
  const remember = (): Promise<void> =>
    keep({
      judgedBy,
      configured,
      rules: { mode, maxFalseHitRate, byClass: Object.fromEntries(byClass) },
      evidence: Object.fromEntries([...evidence].map(([task, seen]) => [task, { ...seen }])),
    })
  // Whoever reads the log of this start is to know why there are none.
  for (const [task, { broken }] of evidence) if (broken) changed({ task, broken, maxFalseHitRate: rateOf(task) })

  return {
    classes: new Set(settings.classes),
    of: (task) => ({
      mode: mode === 'on' && evidence.get(task)?.broken ? 'shadow' : mode,
      maxFalseHitRate: rateOf(task),
    }),
    view: () => ({
      mode,
      maxFalseHitRate,
      byClass: Object.fromEntries(byClass),
      classes: settings.classes,
      similarityThreshold: settings.similarityThreshold,
      evidence: [...evidence].map(([task, seen]) => ({ task, ...seen, worstShare: worstShare(seen) })),
    }),
    change: async (change) => {
      checkRate(change.maxFalseHitRate, 'max_false_hit_rate')
      for (const [task, rate] of Object.entries(change.byClass ?? {})) checkRate(rate ?? undefined, `by_class.${task}`)
      mode = change.mode ?? mode
      maxFalseHitRate = change.maxFalseHitRate ?? maxFalseHitRate
      for (const task of tasks) {
        const rate = change.byClass?.[task]
        if (rate === null) byClass.delete(task)
        else if (rate !== undefined) byClass.set(task, rate)
      }
      await remember()
    },
    observe: (task, differs) => {
      const before = evidence.get(task) ?? noEvidence
      const after = addComparison(before, differs, rateOf(task))
      evidence.set(task, after)
      void remember()
      if (after.broken !== before.broken) changed({ task, broken: after.broken, maxFalseHitRate: rateOf(task) })
    },
  }
}

const byTask = <Value>(record: Readonly<Partial<Record<Task, Value>>>): Map<Task, Value> =>
  new Map(tasks.flatMap((task) => (record[task] === undefined ? [] : [[task, record[task]]])))

/** Above this nothing is bounded any more. */
const highestRate = 0.2

const checkRate = (rate: number | undefined, param: string): void => {
  if (rate !== undefined && !(rate > 0 && rate <= highestRate))
    throw new GatewayError('invalid_request', `"${param}" must be a share above 0 and at most ${highestRate}.`, {
      param,
    })
}
