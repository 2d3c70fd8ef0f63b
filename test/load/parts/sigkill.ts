import type { Heard } from '../caller.ts'
import { together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import { openLedger } from '../ledger.ts'
import type { Part } from '../part.ts'
import { openStage } from '../stage.ts'

export const sigkill: Part = {
  name: 'sigkill',
  proves:
    'a gateway killed at any moment has every answer in its ledger whose end a caller saw, and starts again on it',
  forms: {
    smoke: { rounds: 1, callers: 8 },
    short: { rounds: 10, callers: 64 },
    long: { rounds: 100, callers: 64 },
  },
  async run({ rounds, callers }) {
    await using stage = await openStage()
    let calls = 0
    const ask = (): Promise<Heard> => {
      const call = calls++
      const isStream = call % 2 === 0
      return stage.ask(
        { call, frames: 5, padChars: 0, startMs: call % 7, everyMs: isStream ? 2 : 0 },
        { stream: isStream },
      )
    }
    const heard: Heard[] = []

    for (let round = 0; round < rounds; round += 1) {
      // Some answers into the traffic, wherever the others are by then.
      const killAt = heard.length + callers * (1 + Math.floor(Math.random() * 10))
      await together(callers, async () => {
        for (let goesOn = true; goesOn;) {
          const one = await ask()
          goesOn = one.kind === 'whole'
          if (heard.push(one) >= killAt) stage.signal('SIGKILL')
        }
      })
      await stage.restart()
    }
    const after = await together(callers, ask)
    const { faults, figures, bills } = await stage.audit([...heard, ...after], { wasKilled: true })

    using ledger = openLedger(stage.dataDir)
    const recorded = new Set(ledger.rows().map(({ call }) => call))
    const integrity = ledger.integrity()
    return {
      faults: [
        ...expectWhole(after),
        ...faults,
        ...(integrity === 'ok' ? [] : [`SQLite says of the ledger: ${integrity}`]),
      ],
      figures: {
        ...figures,
        kills: rounds,
        unseenAndUnrecorded: bills.filter(({ call }) => !recorded.has(call)).length,
      },
    }
  },
}
