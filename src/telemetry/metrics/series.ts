import type { Label } from './labels.ts'

export type Labels = Readonly<Partial<Record<Label, string>>>

/** One number, or what else is held, for each combination of label values that came. */
export interface Series<Held> {
  /** The one of these values, made at the first time. */
  of(values: Labels): Held
  all(): Iterable<{ values: Labels; held: Held }>
}

/**
 * What a request pays for being counted: one text and one look into a map for each metric. `prom-client` checks, copies
 * and sorts labels at every increment, about 2 µs each; it is asked when somebody scrapes, and not before.
 */
export const createSeries = <Held>(labels: readonly Label[], make: () => Held): Series<Held> => {
  const series = new Map<string, { values: Labels; held: Held }>()
  return {
    of: (values) => {
      let key = ''
      for (const label of labels) key += `${values[label]}\n`
      let found = series.get(key)
      if (!found) series.set(key, (found = { values, held: make() }))
      return found.held
    },
    all: () => series.values(),
  }
}
