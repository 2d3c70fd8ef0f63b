import type { Readable } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import type { Reading } from '../probe.ts'
import { openStage } from '../stage.ts'

const mb = 1024 * 1024

/** As a caller reads who takes a byte at a time to begin with, then nothing for a while, then the rest. */
const readSlowly =
  (firstBytes: number, pauseMs: number) =>
  async (body: Readable, take: (bytes: Uint8Array) => void): Promise<void> => {
    let taken = 0
    for await (const bytes of body) {
      const slowly = Math.max(0, Math.min(bytes.length, firstBytes - taken))
      for (let at = 0; at < slowly; at += 1) {
        take(bytes.subarray(at, at + 1))
        await nextTurn()
      }
      if (taken < firstBytes && taken + bytes.length >= firstBytes) await sleep(pauseMs)
      take(bytes.subarray(slowly))
      taken += bytes.length
    }
  }

/** An answer is kept whole for as long as somebody reads it: its text, and the pieces that it came in. */
const maxHeapPerAnswerByte = 4
const maxHeapLeft = 4 * mb

export const slowReaders: Part = {
  name: 'slow-readers',
  proves: 'callers who hardly read hold no more than their own answers, and nobody else up',
  forms: {
    smoke: { streams: 4, frames: 1_000, seconds: 1 },
    short: { streams: 16, frames: 8_000, seconds: 10 },
    long: { streams: 64, frames: 8_000, seconds: 60 },
  },
  async run({ streams, frames, seconds }) {
    // More than the system's socket buffers take: 8,000 pieces are 8 MB.
    const padChars = 1_000
    await using stage = await openStage()
    const quick = { padChars: 0, startMs: 0, everyMs: 0 }
    const warmUp = await stage.ask({ ...quick, call: 1_000_000, frames: 100 }, { stream: true })
    const before = await stage.read()
    let calls = streams
    let slowOnes = streams

    const slow = together(streams, (call) =>
      stage
        .ask(
          { call, frames, padChars, startMs: 0, everyMs: 0 },
          { stream: true, read: readSlowly(call % 2 === 0 ? 2_000 : 1, seconds * 1_000) },
        )
        .finally(() => (slowOnes -= 1)),
    )
    /** Others ask on, one after the other, for as long as a slow one is there. */
    const others = together(8, async () => {
      const heard = []
      while (slowOnes > 0) {
        const call = calls++
        heard.push(await stage.ask({ ...quick, call, frames: 10, everyMs: 5 }, { stream: call % 2 === 0 }))
      }
      return heard
    })
    const readings: Reading[] = []
    while (slowOnes > 0) {
      readings.push(await stage.read())
      await sleep(250)
    }
    const asked = (await others).flat()
    const heard = [warmUp, ...(await slow), ...asked]
    const { faults, figures } = await stage.audit(heard)
    const after = await stage.read()

    const answerBytes = streams * frames * padChars
    const held = Math.max(...readings.map(({ heapBytes }) => heapBytes)) - before.heapBytes
    const left = after.heapBytes - before.heapBytes
    const inMb = (bytes: number): number => Math.round((bytes / mb) * 10) / 10
    return {
      faults: [
        ...expectWhole(heard),
        ...faults,
        ...(held > answerBytes * maxHeapPerAnswerByte
          ? [`the heap grew by ${inMb(held)} MB for answers of ${inMb(answerBytes)} MB`]
          : []),
        ...(left > maxHeapLeft ? [`${inMb(left)} MB were left when all were gone`] : []),
        ...(asked.length === 0 ? ['nobody else was answered meanwhile'] : []),
      ],
      figures: {
        ...figures,
        others: asked.length,
        answersMb: inMb(answerBytes),
        heapBeforeMb: inMb(before.heapBytes),
        heapHeldMb: inMb(held),
        heapLeftMb: inMb(left),
        loopDelayMaxMs: Math.round(Math.max(...readings.map(({ loopDelayMs }) => loopDelayMs.max))),
      },
    }
  },
}
