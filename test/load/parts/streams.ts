import { together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import { openStage } from '../stage.ts'

export const streams: Part = {
  name: 'streams',
  proves: 'of many streams at a time every frame arrives, once, in order, at the caller who asked for it',
  forms: {
    smoke: { streams: 16, frames: 10 },
    short: { streams: 512, frames: 200 },
    long: { streams: 512, frames: 2_000 },
  },
  async run({ streams: count, frames }) {
    await using stage = await openStage({ maxConcurrent: count })
    // All begin within a second and then run side by side, at a pace that no two share.
    const heard = await together(count, (call) =>
      stage.ask(
        { call, frames, padChars: call % 40, startMs: Math.min(1_000, frames * 5), everyMs: 10 + (call % 20) },
        { stream: true },
      ),
    )
    const { faults, figures } = await stage.audit(heard)
    return { faults: [...expectWhole(heard), ...faults], figures: { frames: count * frames, ...figures } }
  },
}
