import type { Cell } from './measure.ts'

/** How many times our cost theirs should be, at least. */
export const wanted = 3

/** A Markdown table, ratios first. */
export const tableOf = (cells: readonly Cell[]): string =>
  [
    '| wire | form | beside | times our cost | quartiles | ours, µs | theirs, µs | wanted |',
    '| --- | --- | --- | ---: | --- | ---: | ---: | --- |',
    ...cells.map(({ wire, form, oracle, cpu: { ratio, small, large } }) => {
      const quartiles = `${ratio.low.toFixed(1)}–${ratio.high.toFixed(1)}`
      const verdict = `≥ ${wanted}: ${ratio.median >= wanted ? 'yes' : 'no'}`
      const figures = [ratio.median.toFixed(1), quartiles, small.toFixed(0), large.toFixed(0)]
      return `| ${[wire, form, oracle, ...figures, verdict].join(' | ')} |`
    }),
    '',
  ].join('\n')
