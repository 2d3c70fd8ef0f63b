import type { ChaosRun } from './run-chaos.ts'

/** For docs/operating.md. */
export const tableOf = ({ rows }: Pick<ChaosRun, 'rows'>): string =>
  [
    '| while | seconds | asked | answered | refused, or without a word | median ÷ calm | longest |',
    '|---|---:|---:|---:|---|---:|---:|',
    ...rows.map(({ does, seconds, asked, answered, others, medianRatio, longestS }) => {
      const told = Object.entries(others).map(([what, count]) => `${count} × ${what}`)
      return `| ${does} | ${seconds.toFixed(0)} | ${asked} | ${answered} | ${told.join(', ') || 'nobody'} | ${medianRatio.toFixed(1)} | ${longestS.toFixed(1)} s |`
    }),
    '',
  ].join('\n')
