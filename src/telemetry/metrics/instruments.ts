import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import type { NanoUsd } from '../../contract/money.ts'
import type { MetricRow } from './catalogue.ts'
import { createSeries } from './series.ts'
import type { Series } from './series.ts'

/** A value for each of a row's labels. */
export type LabelsOf<Row extends MetricRow> = Readonly<Record<Row['labels'][number], string>>

/** What a histogram holds: how many values fell under each bound and no lower one, and all of them together. */
interface Spread {
  counts: number[]
  count: number
  sum: number
}

/** Makes the instruments of the catalogue's rows, all of one registry. */
export const createInstruments = (registry: Registry) => {
  const registers = [registry]

  const showCounter = <Held>({ name, help, labels }: MetricRow, series: Series<Held>, read: (held: Held) => number) => {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: labels,
      registers,
      collect: () => {
        counter.reset()
        for (const { values, held } of series.all()) counter.inc({ ...values }, read(held))
      },
    })
  }

  return {
    counter: <Row extends MetricRow>(row: Row) => {
      const series = createSeries(row.labels, () => ({ count: 0 }))
      showCounter(row, series, ({ count }) => count)
      return (values: LabelsOf<Row>, more = 1): void => {
        series.of(values).count += more
      }
    },

    /**
     * Dollars, which a float cannot add up exactly: whole nano-dollars are kept, and rounded once whenever they are shown.
     * Up to nine million dollars what is shown is the float nearest to the sum.
     */
    dollars: <Row extends MetricRow>(row: Row) => {
      const series = createSeries<{ nanoUsd: NanoUsd }>(row.labels, () => ({ nanoUsd: 0n }))
      showCounter(row, series, ({ nanoUsd }) => Number(nanoUsd) / 1e9)
      return (values: LabelsOf<Row>, nanoUsd: NanoUsd): void => {
        series.of(values).nanoUsd += nanoUsd
      }
    },

    /** Takes milliseconds and shows seconds. */
    histogram: <Row extends MetricRow>(row: Row) => {
      const { name, help, labels, buckets = [] } = row
      const series = createSeries<Spread>(labels, () => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }))
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers })
      // The registry asks for this when it writes; there is no other way to hand it sums that were made elsewhere.
      Object.assign(histogram, {
        getForPromString: async () => ({ name, help, type: 'histogram', values: samplesOf(name, buckets, series) }),
      })
      return (values: LabelsOf<Row>, milliseconds: number): void => {
        const seconds = milliseconds / 1000
        const spread = series.of(values)
        spread.count += 1
        spread.sum += seconds
        const bound = buckets.findIndex((most) => seconds <= most)
        if (bound >= 0) spread.counts[bound] = (spread.counts[bound] ?? 0) + 1
      }
    },

    /** Counted elsewhere, from the process's start on, and asked for at every scrape. */
    total: <Row extends MetricRow>(
      { name, help, labels }: Row,
      read: () => Iterable<readonly [LabelsOf<Row>, number]>,
    ): void => {
      const counter: Counter = new Counter({
        name,
        help,
        labelNames: labels,
        registers,
        collect: () => {
          counter.reset()
          for (const [values, value] of read()) counter.inc({ ...values }, value)
        },
      })
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
          for (const [values, value] of await read()) gauge.set({ ...values }, value)
        },
      })
    },
  }
}

/** Prometheus' buckets are cumulative: each counts what the lower ones do, and the last everything. */
const samplesOf = (name: string, buckets: readonly number[], series: Series<Spread>): object[] =>
  [...series.all()].flatMap(({ values, held: { counts, count, sum } }) => {
    let below = 0
    return [
      ...buckets.map((le, index) => {
        below += counts[index] ?? 0
        return { metricName: `${name}_bucket`, labels: { le, ...values }, value: below }
      }),
      { metricName: `${name}_bucket`, labels: { le: '+Inf', ...values }, value: count },
      { metricName: `${name}_sum`, labels: values, value: sum },
      { metricName: `${name}_count`, labels: values, value: count },
    ]
  })
