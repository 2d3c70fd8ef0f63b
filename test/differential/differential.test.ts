import { beforeAll, describe, expect, test } from 'vitest'
import { hasRecordings, loadRecordings } from '../providers/recordings.ts'
import { oracles } from './ai-sdk.ts'
import { compare } from './compare.ts'
import type { Comparison } from './compare.ts'
import { differences } from './differences.ts'
import { replay } from './replay.ts'

describe.skipIf(!hasRecordings)(
  'recorded replies as the AI SDK reads them (skipped where ../shared/data is absent)',
  () => {
    let comparisons: readonly Comparison[]
    beforeAll(async () => {
      comparisons = (await replay(loadRecordings())).map(compare)
    }, 120_000)

    test('every recording is read by somebody else too', () => {
      const count = (wire: string, isStream: boolean) =>
        comparisons.filter(({ oracle, recording }) => oracle.name === wire && recording.isStream === isStream).length
      for (const { name } of oracles) {
        expect(count(name, false)).toBeGreaterThanOrEqual(40)
        expect(count(name, true)).toBeGreaterThanOrEqual(8)
      }
    })

    test.each(oracles.map(({ name }) => name))(
      '%s reads the same text, tool calls, finish and usage, but for the known differences',
      (name) => {
        const unexplained = comparisons.filter(({ oracle, isExplained }) => oracle.name === name && !isExplained)
        expect(
          unexplained.map(({ recording, differing, ours, theirs }) => ({
            recording: recording.name,
            differing,
            ours,
            theirs,
          })),
        ).toEqual([])
      },
    )

    test.each(differences.map((difference) => [difference.why, difference] as const))(
      'is still so: %s',
      (_why, difference) => {
        for (const name of difference.oracles) {
          const shown = comparisons.filter(({ oracle, known }) => oracle.name === name && known.includes(difference))
          expect(shown.length).toBeGreaterThan(0)
          for (const { differing } of shown)
            if (!differing.includes('answer'))
              expect(differing).toEqual(expect.arrayContaining([...difference.aspects]))
        }
      },
    )
  },
)
