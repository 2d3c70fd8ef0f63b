import { crowd } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import { openStage } from '../stage.ts'

export const small: Part = {
  name: 'small',
  proves: 'of many small requests over kept connections every one is answered and in the ledger',
  forms: {
    smoke: { requests: 100, callers: 16 },
    short: { requests: 20_000, callers: 64 },
    long: { requests: 1_000_000, callers: 64 },
  },
  async run({ requests, callers }) {
    await using stage = await openStage()
    const startedAtMs = Date.now()
    const heard = await crowd(requests, callers, (call) =>
      stage.ask({ call, frames: 2, padChars: 0, startMs: 0, everyMs: 0 }, { stream: false }),
    )
    const tookS = (Date.now() - startedAtMs) / 1_000
    const { faults, figures } = await stage.audit(heard)
    return {
      faults: [...expectWhole(heard), ...faults],
      figures: { ...figures, requestsPerSecond: Math.round(requests / tookS) },
    }
  },
}
