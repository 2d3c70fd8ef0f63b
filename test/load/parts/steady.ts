import { setTimeout as sleep } from 'node:timers/promises'
import type { Heard } from '../caller.ts'
import { together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import type { Reading } from '../probe.ts'
import { openStage } from '../stage.ts'
import { riseOf } from '../trend.ts'

const mb = 1024 * 1024

/**
 * How far memory may rise from the first half to the second: more than the noise of readings, and less than what a leak of
 * 100 bytes a request comes to in the long form.
 */
const maxHeapGrowth = 2 * mb
const maxRssGrowth = 32 * mb

/** A process that has hardly worked is still warming up: its memory is shown and not judged. */
const judgedFromRequests = 2_000

/** Requests at a time, at most. */
const lanes = 64
const readings = 30

export const steady: Part = {
  name: 'steady',
  proves: 'at a steady rate memory and open files stay flat',
  forms: {
    smoke: { seconds: 2, rate: 20 },
    short: { seconds: 120, rate: 100 },
    long: { seconds: 600, rate: 100 },
  },
  async run({ seconds, rate }) {
    await using stage = await openStage()
    const before = await stage.read()
    const startedAtMs = Date.now()
    const endsAtMs = startedAtMs + seconds * 1_000
    let calls = 0

    /** Each lane asks at its times; one that is late asks at once, so that a slow machine lowers the rate and no more. */
    const traffic = together(lanes, async (lane) => {
      const heard: Heard[] = []
      const everyMs = (lanes / rate) * 1_000
      for (let dueAtMs = startedAtMs + (lane / lanes) * everyMs; dueAtMs < endsAtMs;) {
        await sleep(Math.max(0, dueAtMs - Date.now()))
        const call = calls++
        // Half of them streams that take a while.
        const isStream = call % 2 === 0
        const order = { call, frames: isStream ? 20 : 4, padChars: 20, startMs: 5, everyMs: isStream ? 10 : 0 }
        heard.push(await stage.ask(order, { stream: isStream }))
        dueAtMs = Math.max(dueAtMs + everyMs, Date.now())
      }
      return heard
    })
    const series: Reading[] = []
    for (let reading = 0; reading < readings; reading += 1) {
      await sleep(Math.max(0, startedAtMs + (reading / readings) * seconds * 1_000 - Date.now()))
      series.push(await stage.read())
    }
    const heard = (await traffic).flat()
    const tookS = (Date.now() - startedAtMs) / 1_000
    const { faults, figures } = await stage.audit(heard)

    const heap = riseOf(series.map(({ heapBytes }) => heapBytes))
    const rss = riseOf(series.map(({ rssBytes }) => rssBytes))
    // A running request has a socket on either side; besides there are a few of the gateway's own.
    const mostFiles = Math.max(...series.map(({ files }) => files ?? 0))
    const maxFiles = (before.files ?? 0) + 2 * lanes + 16
    const isJudged = heard.length >= judgedFromRequests
    return {
      faults: [
        ...expectWhole(heard),
        ...faults,
        ...(isJudged && heap > maxHeapGrowth ? [`the heap rose by ${inMb(heap)} MB`] : []),
        ...(isJudged && rss > maxRssGrowth ? [`resident memory rose by ${inMb(rss)} MB`] : []),
        ...(mostFiles > maxFiles ? [`${mostFiles} files were open for at most ${lanes} requests at a time`] : []),
      ],
      figures: {
        ...figures,
        reachedRate: Math.round(heard.length / tookS),
        heapMb: series.map(({ heapBytes }) => inMb(heapBytes)).join(' '),
        heapRiseMb: inMb(heap),
        rssMb: series.map(({ rssBytes }) => Math.round(rssBytes / mb)).join(' '),
        rssRiseMb: inMb(rss),
        mostFiles,
        loopDelayP99Ms: Math.round(Math.max(...series.slice(1).map(({ loopDelayMs }) => loopDelayMs.p99))),
      },
    }
  },
}

const inMb = (bytes: number): number => Math.round((bytes / mb) * 10) / 10
