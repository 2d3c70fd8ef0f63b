import { oracles } from '../../differential/ai-sdk.ts'
import type { Comparison } from '../../differential/compare.ts'
import { differences } from '../../differential/differences.ts'
import type { Difference } from '../../differential/differences.ts'

/** How many recordings of one wire and form a provider of the AI SDK reads as the gateway does. */
interface Row {
  wire: string
  form: 'JSON' | 'SSE'
  oracle: string
  recordings: number
  equal: number
  /** They differ just in ways that are known and have a reason. */
  known: number
  unexplained: number
}

interface Tally {
  rows: Row[]
  /** The known differences that were seen, and in how many recordings. */
  known: (Pick<Difference, 'right' | 'why' | 'aspects'> & { oracle: string; recordings: number })[]
  unexplained: { recording: string; oracle: string; differing: readonly string[]; ours: unknown; theirs: unknown }[]
}

export const tallyOf = (comparisons: readonly Comparison[]): Tally => ({
  rows: oracles.flatMap(({ name, wire }) =>
    ([false, true] as const).flatMap((isStream): Row[] => {
      const of = comparisons.filter(({ oracle, recording }) => oracle.name === name && recording.isStream === isStream)
      if (of.length === 0) return []
      const unexplained = of.filter(({ isExplained }) => !isExplained).length
      const equal = of.filter(({ differing, isExplained }) => isExplained && differing.length === 0).length
      const known = of.length - equal - unexplained
      return [{ wire, form: isStream ? 'SSE' : 'JSON', oracle: name, recordings: of.length, equal, known, unexplained }]
    }),
  ),
  known: differences.flatMap((difference) =>
    difference.oracles.flatMap((name) => {
      const seen = comparisons.filter(({ oracle, known }) => oracle.name === name && known.includes(difference))
      const { right, why, aspects } = difference
      return seen.length === 0 ? [] : [{ oracle: name, recordings: seen.length, aspects, right, why }]
    }),
  ),
  unexplained: comparisons
    .filter(({ isExplained }) => !isExplained)
    .map(({ recording, oracle, differing, ours, theirs }) => ({
      recording: recording.name,
      oracle: oracle.name,
      differing,
      ours,
      theirs,
    })),
})

export const printTally = ({ rows, known, unexplained }: Tally): string =>
  [
    '| wire | form | read by | equal | known differences | unexplained |',
    '| --- | --- | --- | ---: | ---: | ---: |',
    ...rows.map(
      (row) =>
        `| ${row.wire} | ${row.form} | ${row.oracle} | ${row.equal} of ${row.recordings} | ${row.known} | ${row.unexplained} |`,
    ),
    '',
    '| known difference from | in | recordings | right | why |',
    '| --- | --- | ---: | --- | --- |',
    ...known.map(
      ({ oracle, aspects, recordings, right, why }) =>
        `| ${oracle} | ${aspects.join(', ')} | ${recordings} | ${right} | ${why} |`,
    ),
    ...unexplained.flatMap(({ recording, oracle, differing, ours, theirs }) => [
      '',
      `Unexplained: ${recording}, read by ${oracle}: ${differing.join(', ') || 'a known difference that is not there'}`,
      `  gateway ${JSON.stringify(ours)}`,
      `  AI SDK  ${JSON.stringify(theirs)}`,
    ]),
    '',
  ].join('\n')
