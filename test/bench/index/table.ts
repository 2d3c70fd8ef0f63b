import type { IndexRow } from './measure.ts'

export const tableOf = (rows: readonly IndexRow[]): string =>
  [
    '| entries | recall@1 | flat ms | index ms | flat ÷ index | bytes an entry | ms to add | ms into the graph |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.size} | ${row.recall.toFixed(3)} | ${row.flatMs.toFixed(2)} | ${row.indexMs.toFixed(2)} | ${row.ratio.toFixed(1)} | ${Math.round(row.bytesPerEntry)} | ${row.addMs.toFixed(3)} | ${row.tidyMs.toFixed(3)} |`,
    ),
    '',
  ].join('\n')
