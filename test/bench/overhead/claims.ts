import type { Run } from './drive.ts'
import { ratioOf } from './measure.ts'
import type { Cell, Ratio } from './measure.ts'

/** A figure that is wanted, and what it came to in this run. */
export interface Claim {
  what: string
  wanted: string
  ratio: Ratio
  reached: boolean
}

export interface Names {
  upstream: string
  proxy: string
  ours: string
  mcp: string
  portkey: string | null
}

/** What a good gateway should reach, as ratios within one run: absolute times say more of the machine. */
export const claimsOf = (cells: readonly Cell[], names: Names): Claim[] => {
  const { upstream, proxy, ours, portkey } = names
  const cellOf = (deed: Cell['deed'], connections: number): Cell | undefined =>
    cells.find((cell) => cell.deed === deed && cell.connections === connections)

  const compare = (
    what: string,
    cell: Cell | undefined,
    [over, under]: readonly [(round: Round) => number, (round: Round) => number],
    wanted: { atLeast: number } | { atMost: number },
  ): Claim[] => {
    if (!cell) return []
    const rounds = Math.min(...Object.values(cell.runs).map(({ length }) => length))
    const ratio = ratioOf((index) => {
      const round = (name: string): Run => {
        const run = cell.runs[name]?.[index]
        if (!run) throw new Error(`${name} was not asked for "${what}".`)
        return run
      }
      return over(round) / under(round)
    }, rounds)
    const reached = 'atLeast' in wanted ? ratio.median >= wanted.atLeast : ratio.median <= wanted.atMost
    return [{ what, wanted: 'atLeast' in wanted ? `≥ ${wanted.atLeast}` : `≤ ${wanted.atMost}`, ratio, reached }]
  }
  const added =
    (name: string, figure: 'p50Ms' | 'p99Ms') =>
    (round: Round): number =>
      Math.max(0.001, round(name)[figure] - round(upstream)[figure])

  const alone = cellOf('plain', 1)
  return [
    ...(portkey === null
      ? []
      : compare(
          `throughput at 32 callers, of ${portkey}'s`,
          cellOf('plain', 32),
          [(round) => round(ours).perSecond, (round) => round(portkey).perSecond],
          { atLeast: 5 },
        )),
    ...compare("added p50 of one caller, of the bare proxy's", alone, [added(ours, 'p50Ms'), added(proxy, 'p50Ms')], {
      atMost: 2,
    }),
    ...compare("added p99 of one caller, of the bare proxy's", alone, [added(ours, 'p99Ms'), added(proxy, 'p99Ms')], {
      atMost: 2,
    }),
    ...(portkey === null
      ? []
      : compare(`added p99 of one caller, of ${portkey}'s`, alone, [added(ours, 'p99Ms'), added(portkey, 'p99Ms')], {
          atMost: 0.3,
        })),
    ...compare(
      "p99 of an exact hit, of the bare upstream's plain reply",
      cellOf('hit', 1),
      [(round) => round(ours).p99Ms, (round) => round(upstream).p99Ms],
      { atMost: 2 },
    ),
  ]
}

type Round = (name: string) => Run
