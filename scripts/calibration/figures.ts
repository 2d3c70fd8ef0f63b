import { probabilityOf, verifierForms } from '../../src/cache/verify/thresholds.ts'
import type { CalibrationFile, VerifierForm } from '../../src/cache/verify/thresholds.ts'
import { upperBound } from '../../src/lib/clopper-pearson.ts'
import type { JudgedPair } from './judged.ts'

/** Pools that are looked at beside each family: those whose labels are right, and these without the family of easy patterns. */
const pools: Readonly<Record<string, (family: string) => boolean>> = {
  'all but qqp': (family) => family !== 'qqp',
  '… without templates': (family) => family !== 'qqp' && family !== 'checklist-templates',
}

/**
 * What thresholds do with judged pairs, as Markdown: for each form of the verifier a table of hits, wrong hits and the 95 % upper bound
 * of their rate, a column for each rate that was calibrated. All pairs of the family count, whatever decided them.
 */
export const figures = (judged: readonly JudgedPair[], thresholds: CalibrationFile): string => {
  const families = [...new Set(judged.map(({ family }) => family))]
  const table = (form: VerifierForm): string => {
    const rows = thresholds.forms[form]
    const groups = [
      ...families.map((name) => [name, (family: string) => family === name] as const),
      ...Object.entries(pools),
    ]
    return [
      [
        'family',
        'pairs',
        'same',
        ...rows.map(({ maxFalseHitRate, threshold }) => `≤ ${percent(maxFalseHitRate)}: p ≥ ${threshold ?? '–'}`),
      ],
      ['---', '---:', '---:', ...rows.map(() => '---:')],
      ...groups.map(([name, belongs]) => {
        const own = judged.filter(({ family }) => belongs(family))
        return [
          name,
          String(own.length),
          String(own.filter(({ same }) => same).length),
          ...rows.map(({ threshold }) => (threshold === null ? '–' : cell(own, form, threshold, thresholds))),
        ]
      }),
    ]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n')
  }
  return verifierForms
    .map(
      (form) => `${form}: hits, wrong ones, upper bound of their rate, share of the pairs served\n\n${table(form)}\n`,
    )
    .join('\n')
}

const cell = (
  pairs: readonly JudgedPair[],
  form: VerifierForm,
  threshold: number,
  { joinWeights }: CalibrationFile,
): string => {
  const served = pairs.filter(
    ({ reaches, trees, pair }) =>
      reaches &&
      (form === 'trees' || pair !== null) &&
      probabilityOf({ joinWeights }, { trees, pair: form === 'trees' ? null : pair }) >= threshold,
  )
  const wrong = served.filter(({ same }) => !same).length
  return `${served.length} / ${wrong}, ${percent(upperBound(wrong, served.length))}, ${percent(served.length / pairs.length)}`
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`
