import { figuresOf, groupsOf } from './figures.ts'
import type { Figures } from './figures.ts'
import type { Reading } from './reading.ts'
import type { Rule } from './rules.ts'

export type Results = Record<string, Record<string, Figures>>

/** By group of pairs and rule. */
export const resultsOf = (readings: readonly Reading[], rules: readonly Rule[]): Results =>
  Object.fromEntries(
    [...groupsOf(readings)].map(([group, own]) => [
      group,
      Object.fromEntries(rules.map(({ name, serves }) => [name, figuresOf(own, serves)])),
    ]),
  )

/** Markdown: a table for each group, a line for each rule. */
export const tablesOf = (results: Results): string =>
  Object.entries(results)
    .map(([group, rules]) => `### ${group}\n\n${tableOf(rules)}\n`)
    .join('\n')

const tableOf = (rules: Record<string, Figures>): string => {
  const pairs = Object.values(rules)[0]?.pairs ?? 0
  return [
    `| rule (${pairs.toLocaleString('en')} pairs) | hits | false | false of hits, with bounds | recall | of those that must not hit | coverage |`,
    '|---|---:|---:|---|---:|---:|---:|',
    ...Object.entries(rules).map(([name, figures]) => {
      const { hits, falseHits, falseHitRate, lower, upper, recall, served, coverage } = figures
      const rate = falseHitRate === null ? '–' : `${percent(falseHitRate)} [${percent(lower)}, ${percent(upper)}]`
      return `| ${name} | ${hits} | ${falseHits} | ${rate} | ${percent(recall)} | ${percent(served)} | ${percent(coverage)} |`
    }),
  ].join('\n')
}

const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(share !== 0 && share < 0.1 ? 2 : 1)} %`
