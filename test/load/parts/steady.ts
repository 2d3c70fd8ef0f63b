import { setTimeout as sleep } from 'node:timers/promises'
import type { Heard } from '../caller.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import type { Reading } from '../probe.ts'
import { openStage } from '../stage.ts'
import { growthOf } from '../trend.ts'

const mb = 1024 * 1024

/**
 * How much memory may seem to grow, by the line through the readings of the second two thirds: more than the noise of
 * readings, and less than a leak of 100 bytes a request comes to in the long form.
 */
const maxHeapGrowth = 2 * mb
const maxRssGrowth = 32 * mb

/** A process that has hardly worked is still warming up: its memory is shown and not judged. */
const judgedFromRequests = 1_000

/** The run is called off where this many requests wait. */
const maxRunning = 2_000
const readings = 30

export const steady: Part = {
  name: 'steady',
  proves: 'at a steady rate memory and open files stay flat',
  forms: {
    smoke: { seconds: 2, rate: 20 },
    short: { seconds: 60, rate: 100 },
    long: { seconds: 600, rate: 100 },
  },
  async run({ seconds, rate }) {
    await using stage = await openStage()
    const answers: Promise<Heard>[] = []
    let running = 0
    let mostRunning = 0
    const ask = (call: number): void => {
      running += 1
      mostRunning = Math.max(mostRunning, running)
      // Half of them streams that take a while.
      const isStream = call % 2 === 0
      const order = { call, frames: isStream ? 20 : 4, padChars: 20, startMs: 5, everyMs: isStream ? 10 : 0 }
      answers.push(stage.ask(order, { stream: isStream }).finally(() => (running -= 1)))
    }

    const before = await stage.read()
    const series: (Reading & { atMs: number })[] = []
    const startedAtMs = Date.now()
    const endsAtMs = startedAtMs + seconds * 1_000
    const readEveryMs = (seconds * 1_000) / readings
    let overrun = false
    while (Date.now() < endsAtMs && !overrun) {
      // As many as are due by now, whether the earlier ones are answered or not.
      const due = Math.floor(((Date.now() - startedAtMs) / 1_000) * rate)
      while (answers.length < due) ask(answers.length)
      overrun = running > maxRunning
      if (Date.now() - startedAtMs >= series.length * readEveryMs)
        series.push({ ...(await stage.read()), atMs: Date.now() })
      await sleep(10)
    }
    const heard = await Promise.all(answers)
    const { faults, figures } = await stage.audit(heard)

    const warm = series.slice(Math.floor(series.length / 3))
    const growth = (field: 'heapBytes' | 'rssBytes'): number =>
      growthOf(warm.map((reading) => ({ atMs: reading.atMs, value: reading[field] })))
    const [heap, rss] = [growth('heapBytes'), growth('rssBytes')]
    // A running request has a socket on either side; besides there are a few of the gateway's own.
    const mostFiles = Math.max(...series.map(({ files }) => files ?? 0))
    const maxFiles = (before.files ?? 0) + 2 * mostRunning + 16
    const measured = (heard.length * warm.length) / series.length
    const isJudged = measured >= judgedFromRequests
    return {
      faults: [
        ...expectWhole(heard),
        ...faults,
        ...(overrun
          ? [`more than ${maxRunning} requests waited: the gateway does not keep up with ${rate} a second`]
          : []),
        ...(isJudged && heap > maxHeapGrowth ? [`the heap grew by ${inMb(heap)} MB`] : []),
        ...(isJudged && rss > maxRssGrowth ? [`resident memory grew by ${inMb(rss)} MB`] : []),
        ...(mostFiles > maxFiles ? [`${mostFiles} files were open for ${mostRunning} requests at a time`] : []),
      ],
      figures: {
        ...figures,
        heapMb: range(warm.map(({ heapBytes }) => heapBytes)),
        heapGrowthMb: inMb(heap),
        heapBytesPerRequest: Math.round(heap / measured),
        rssMb: range(warm.map(({ rssBytes }) => rssBytes)),
        rssGrowthMb: inMb(rss),
        mostFiles,
        mostRunning,
        loopDelayP99Ms: Math.round(Math.max(...warm.map(({ loopDelayMs }) => loopDelayMs.p99))),
      },
    }
  },
}

const inMb = (bytes: number): number => Math.round((bytes / mb) * 10) / 10
const range = (bytes: readonly number[]): string => `${inMb(Math.min(...bytes))}–${inMb(Math.max(...bytes))}`
