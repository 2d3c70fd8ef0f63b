import type { Comparison, Sizes } from './scales.ts'

/** A Markdown table, ratios first: a row for each figure of each work. */
export const tableOf = (comparisons: readonly Comparison[], sizes: Sizes): string =>
  [
    '| grows | work | figure | ratio | quartiles | small | large |',
    '| --- | --- | --- | ---: | --- | ---: | ---: |',
    ...comparisons.flatMap(({ grows, work, lines }) =>
      lines.map(({ what, ratio, small, large }) => {
        const [from, to] = sizes[grows].map((size) => size.toLocaleString('en'))
        const spread = `${short(ratio.low)}–${short(ratio.high)}`
        const cells = [`${from} → ${to} ${grows}`, work, what, short(ratio.median), spread, short(small), short(large)]
        return `| ${cells.join(' | ')} |`
      }),
    ),
    '',
  ].join('\n')

/** Three digits, as many as such a measurement is worth. */
const short = (figure: number): string => (figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3))
