/** Numbers of one measurement, by what they are: `{ 'CPU a request, ms': 0.9 }`. */
export type Figures = Readonly<Record<string, number>>

/** One figure at both sizes. */
export interface Line {
  what: string
  /** Medians over the rounds. */
  small: number
  large: number
  /** Of the rounds' own ratios, large to small: their median and the quartiles around it. */
  ratio: { median: number; low: number; high: number }
}

/**
 * Measures both sizes in turns, and which goes first in turns too, so that what a busy machine does to one it does to the
 * other. Each round gives a ratio of its own; what is told is their median and how far they spread.
 */
export const inPairs = async <Subject>(options: {
  small: Subject
  large: Subject
  rounds: number
  measure: (subject: Subject, round: number) => Promise<Figures>
}): Promise<Line[]> => {
  const { small, large, rounds, measure } = options
  const pairs: { small: Figures; large: Figures }[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await measure(small, round)
      pairs.push({ small: first, large: await measure(large, round) })
    } else {
      const first = await measure(large, round)
      pairs.push({ large: first, small: await measure(small, round) })
    }
  }
  return Object.keys(pairs[0]?.small ?? {}).map((what) => {
    const [smalls, larges] = [pairs.map((pair) => pair.small[what] ?? 0), pairs.map((pair) => pair.large[what] ?? 0)]
    const ratios = larges.map((figure, round) => figure / (smalls[round] ?? 0))
    return {
      what,
      small: quantile(smalls, 0.5),
      large: quantile(larges, 0.5),
      ratio: { median: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    }
  })
}

/** The value that a share of the values is at or below: nearest rank. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
