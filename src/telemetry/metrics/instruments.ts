import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { NanoUsd } from '../../contract/money.ts'
import type { MetricRow } from './catalogue.ts'

/** A value for each of a row's labels. */
export type LabelsOf<Row extends MetricRow> = Readonly<Record<Row['labels'][number], string>>

/** Makes the instruments of the catalogue's rows, all of one registry. */
export const createInstruments = (registry: Registry) => {
  const registers = [registry]

  return {
    counter: <Row extends MetricRow>({ name, help, labels }: Row) => {
      const counter = new Counter({ name, help, labelNames: labels, registers })
      return (values: LabelsOf<Row>, more = 1): void => counter.inc(values, more)
    },

    /**
     * Dollars, which a float cannot add up exactly: whole nano-dollars are kept, and rounded once whenever they are shown.
     * Up to nine million dollars what is shown is the float nearest to the sum.
     */
    dollars: <Row extends MetricRow>({ name, help, labels }: Row) => {
      const sums = new Map<string, { values: LabelsOf<Row>; nanoUsd: NanoUsd }>()
      const counter: Counter = new Counter({
        name,
        help,
        labelNames: labels,
        registers,
        collect: () => {
          counter.reset()
          for (const { values, nanoUsd } of sums.values()) counter.inc(values, Number(nanoUsd) / 1e9)
        },
      })
      return (values: LabelsOf<Row>, nanoUsd: NanoUsd): void => {
        const key = Object.values(values).join('\n')
        const sum = sums.get(key)
        if (sum) sum.nanoUsd += nanoUsd
        else sums.set(key, { values, nanoUsd })
      }
    },

    histogram: <Row extends MetricRow>({ name, help, labels, buckets = [] }: Row) => {
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers })
      return (values: LabelsOf<Row>, milliseconds: number): void => histogram.observe(values, milliseconds / 1000)
    },

    /** Asked anew at every scrape. */
    gauge: <Row extends MetricRow>(
      { name, help, labels }: Row,
      read: () => Promise<Iterable<readonly [LabelsOf<Row>, number]>>,
    ): void => {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: labels,
        registers,
        collect: async () => {
          for (const [values, value] of await read()) gauge.set(values, value)
        },
      })
    },
  }
}
