import type { Claim } from './claims.ts'
import { median } from './measure.ts'
import type { Cell } from './measure.ts'

const titles = {
  plain: 'Plain replies',
  stream: 'Streams of 32 pieces',
  hit: 'Exact hits (the upstream: its plain reply)',
} as const

/** Markdown: the ratios first, then what they are made of. */
export const report = (claims: readonly Claim[], cells: readonly Cell[]): string =>
  [claimTable(claims), ...Object.keys(titles).map((deed) => deedTable(cells.filter((cell) => cell.deed === deed)))]
    .filter((table) => table !== '')
    .join('\n\n')

const claimTable = (claims: readonly Claim[]): string =>
  table(
    ['ratio', 'wanted', 'measured', 'over the rounds', ''],
    claims.map(({ what, wanted, ratio, reached }) => [
      what,
      wanted,
      show(ratio.median),
      `${show(ratio.min)} to ${show(ratio.max)}`,
      reached ? 'reached' : 'not reached',
    ]),
  )

const deedTable = (cells: readonly Cell[]): string => {
  const [first] = cells
  if (!first) return ''
  const rows = cells.flatMap(({ connections, runs }) =>
    Object.entries(runs).map(([name, measured]) => [
      String(connections),
      name,
      median(measured, ({ perSecond }) => perSecond).toFixed(0),
      show(median(measured, ({ firstP50Ms }) => firstP50Ms)),
      show(median(measured, ({ p50Ms }) => p50Ms)),
      show(median(measured, ({ p99Ms }) => p99Ms)),
      showCpu(median(measured, ({ cpuMicrosPerRequest }) => cpuMicrosPerRequest ?? Number.NaN)),
    ]),
  )
  const head = ['callers', 'through', 'per second', 'first byte p50 ms', 'p50 ms', 'p99 ms', 'its CPU µs']
  return `### ${titles[first.deed]}\n\n${table(head, rows)}`
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const show = (figure: number): string => (Math.abs(figure) < 10 ? figure.toFixed(2) : figure.toFixed(1))
const showCpu = (micros: number): string => (Number.isNaN(micros) ? '' : micros.toFixed(0))
