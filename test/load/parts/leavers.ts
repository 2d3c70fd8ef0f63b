import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../mcp/support/clients.ts'
import type { Heard } from '../caller.ts'
import { crowd, together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import { openLedger } from '../ledger.ts'
import type { Order } from '../order.ts'
import type { Part } from '../part.ts'
import { openStage } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** When a caller leaves. */
const moments = ['before the head', 'in the middle', 'at the last frame', 'before a plain reply', 'never'] as const
type Moment = (typeof moments)[number]

const momentOf = (call: number): Moment => moments[call % moments.length] ?? 'never'

/** Longer than anybody here has patience: nothing but an abort ends it in time. */
const endless = { frames: 100_000, padChars: 0, startMs: 0, everyMs: 20 }
const brief = { frames: 20, padChars: 0, startMs: 0, everyMs: 5 }

const askAndLeave = async (stage: Stage, call: number): Promise<Heard> => {
  const leave = new AbortController()
  const { signal } = leave
  const leaveSoon = (): void => void sleep(Math.random() * 200).then(() => leave.abort())
  const ask = (order: Omit<Order, 'call'>, stream: boolean, onFrame?: (frame: number) => void): Promise<Heard> =>
    stage.ask({ call, ...order }, { stream, signal, ...(onFrame ? { onFrame } : {}) })

  switch (momentOf(call)) {
    case 'before the head':
      leaveSoon()
      return ask({ ...endless, startMs: 60_000 }, true)
    case 'before a plain reply':
      leaveSoon()
      return ask({ ...endless, startMs: 60_000 }, false)
    case 'in the middle': {
      const last = Math.floor(Math.random() * 20)
      return ask(endless, true, (frame) => frame === last && leave.abort())
    }
    case 'at the last frame':
      return ask(brief, true, (frame) => frame === brief.frames - 1 && leave.abort())
    case 'never':
      return ask(brief, true)
  }
}

export const leavers: Part = {
  name: 'leavers',
  proves: 'when a caller leaves, the upstream is left too, its slot is free again and the ledger says so',
  forms: {
    smoke: { requests: 40, callers: 20 },
    short: { requests: 5_000, callers: 100 },
    long: { requests: 50_000, callers: 100 },
  },
  async run({ requests, callers }) {
    // Some wait in line for a slot, and leave there.
    const maxConcurrent = Math.ceil(callers * 0.6)
    await using stage = await openStage({ maxConcurrent })
    const heard = await crowd(requests, callers, (call) => askAndLeave(stage, call))
    const stayed = heard.filter(({ call }) => momentOf(call) === 'never')
    const slots = await slotsInUse(stage)
    const after = await together(maxConcurrent, (index) =>
      stage.ask({ ...brief, call: requests + index, startMs: 200 }, { stream: true }),
    )
    const { faults, figures, bills } = await stage.audit([...heard, ...after])

    using ledger = openLedger(stage.dataDir)
    const rows = new Map(ledger.rows().map((row) => [row.call, row]))
    const left = heard.filter(({ kind }) => kind === 'left')
    const misnamed = left.flatMap(({ call }) => {
      const row = rows.get(call)
      const isTold = row?.outcome === 'client_aborted' && row.errorCode === 'caller_left'
      // Who left at the last frame may have left just after the end.
      const mayBeWhole = momentOf(call) === 'at the last frame' && row?.outcome === 'complete'
      return !row || isTold || mayBeWhole
        ? []
        : [`the caller of call ${call} left ${momentOf(call)}; its receipt says ${row.outcome}, ${row.errorCode}`]
    })
    return {
      faults: [
        ...expectWhole([...stayed, ...after]),
        ...faults,
        ...misnamed,
        ...(slots > 0 ? [`${slots} slots were still taken when all had left`] : []),
      ],
      figures: { ...figures, left: left.length, leftUpstream: bills.filter(({ state }) => state === 'left').length },
    }
  },
}

/** Slots that the gateway itself counts as taken, once they are none or some time has passed. */
const slotsInUse = async (stage: Stage): Promise<number> => {
  await using client = await connect('SDK v1 client', `${stage.url()}/mcp`)
  const giveUpAtMs = Date.now() + 10_000
  for (;;) {
    const { data } = await client.call('list_providers', { provider: 'load' })
    const taken = Number(Object(data).providers[0].in_flight)
    if (taken === 0 || Date.now() > giveUpAtMs) return taken
    await sleep(100)
  }
}
