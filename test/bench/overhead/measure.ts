import type { Contender, Deed } from './contender.ts'
import { drive, quantile } from './drive.ts'
import type { Run } from './drive.ts'

/** What every contender did, round by round: a round asks them one after the other, so that its ratios are fair. */
export interface Cell {
  deed: Deed
  connections: number
  /** By contender; as many runs as rounds. */
  runs: Readonly<Record<string, readonly Run[]>>
}

export interface Plan {
  deeds: readonly Deed[]
  concurrency: readonly number[]
  rounds: number
  durationMs: number
}

/** Asks everything of everybody. */
export const measure = async (contenders: readonly Contender[], plan: Plan): Promise<Cell[]> => {
  const cells: Cell[] = []
  for (const deed of plan.deeds)
    for (const connections of plan.concurrency) {
      const able = contenders.filter(({ doors }) => doors[deed] !== undefined)
      const runs: Record<string, Run[]> = Object.fromEntries(able.map(({ name }) => [name, []]))
      // The first round, which compiles and fills pools, does not count.
      for (let round = 0; round <= plan.rounds; round += 1)
        for (const contender of able) {
          const door = contender.doors[deed]
          if (!door) continue
          const run = await drive(contender, door, { connections, durationMs: plan.durationMs })
          if (round > 0) runs[contender.name]?.push(run)
        }
      cells.push({ deed, connections, runs })
    }
  return cells
}

/** The middle of a figure over a contender's runs. */
export const median = (runs: readonly Run[], figure: (run: Run) => number): number => quantile(runs.map(figure), 0.5)

/** A ratio between two contenders, round by round: its middle and how far it went to either side. */
export interface Ratio {
  median: number
  min: number
  max: number
}

export const ratioOf = (of: (round: number) => number, rounds: number): Ratio => {
  const ratios = Array.from({ length: rounds }, (_, round) => of(round)).toSorted((a, b) => a - b)
  return { median: quantile(ratios, 0.5), min: ratios.at(0) ?? Number.NaN, max: ratios.at(-1) ?? Number.NaN }
}
