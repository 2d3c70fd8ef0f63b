import { createCallers } from '../caller.ts'
import type { Heard } from '../caller.ts'
import { together } from '../crowd.ts'
import { expectWhole } from '../expect-whole.ts'
import type { Part } from '../part.ts'
import { openStage } from '../stage.ts'

/** Cloud Run's patience: https://cloud.google.com/run/docs/container-contract#instance-shutdown */
const killAfterMs = 10_000
const brief = { frames: 20, padChars: 0, startMs: 0, everyMs: 100 }
/** Outlasts every drain. */
const endless = { frames: 100_000, padChars: 0, startMs: 0, everyMs: 50 }

export const sigterm: Part = {
  name: 'sigterm',
  proves:
    'a stop signal lets running answers finish, refuses new ones cleanly, ends with code 0 within ten seconds and loses nothing',
  forms: {
    // The suite runs on machines that do much else: half the drain leaves them time for the rest.
    smoke: { streams: 180, callers: 8, outlasting: 20, drainMs: 3_500 },
    short: { streams: 180, callers: 16, outlasting: 20, drainMs: 7_000 },
    long: { streams: 500, callers: 64, outlasting: 50, drainMs: 7_000 },
  },
  async run({ streams, callers, outlasting, drainMs }) {
    await using stage = await openStage({ drainMs })
    let calls = 0
    let running = 0
    const allRun = Promise.withResolvers<void>()
    const onFrame = (frame: number): void => {
      if (frame === 0) running += 1
      if (running === streams + outlasting) allRun.resolve()
    }
    const askStream = (order: typeof brief) => (): Promise<Heard> =>
      stage.ask({ ...order, call: calls++ }, { stream: true, onFrame })
    const inFlight = together(streams, askStream(brief))
    const tooLong = together(outlasting, askStream(endless))
    /** Asks on until the gateway answers no more. */
    const traffic = together(callers, async () => {
      const heard: Heard[] = []
      while (heard.every(({ kind }) => kind === 'whole'))
        heard.push(await stage.ask({ ...brief, frames: 2, everyMs: 0, call: calls++ }, { stream: false }))
      return heard
    })

    await Promise.race([allRun.promise, stage.ended()])
    stage.signal('SIGTERM')
    const kill = setTimeout(() => stage.signal('SIGKILL'), killAfterMs)
    const passing = (await traffic).flat()
    await using strangers = createCallers(stage.url)
    const late = await together(callers, () => strangers.ask({ ...brief, call: calls++ }, { stream: true }))
    const [finished, cut] = [await inFlight, await tooLong]
    const { code, signal } = await stage.ended()
    clearTimeout(kill)

    const { faults, figures, bills } = await stage.audit([...finished, ...cut, ...passing, ...late])
    const billed = new Set(bills.map(({ call }) => call))
    const turnedAway = [...passing.filter(({ kind }) => kind !== 'whole'), ...late]
    const unreached = turnedAway.filter((heard) => heard.kind === 'unreached')
    return {
      faults: [
        ...expectWhole(finished),
        ...faults,
        ...cut
          .filter((heard) => !isShutDown(heard))
          .map(({ call, kind }) => `call ${call} outlasted the drain: ${kind}`),
        ...turnedAway
          .filter((heard) => heard.kind !== 'unreached' && !isShutDown(heard))
          .map(({ call, kind }) => `call ${call} came after the signal and was ${kind}`),
        ...turnedAway
          .filter((heard) => heard.kind === 'refused' && heard.status === 503 && heard.retryAfterS === null)
          .map(({ call }) => `call ${call} was turned away and not told when to come back`),
        ...turnedAway
          .filter(({ call }) => billed.has(call))
          .map(({ call }) => `call ${call} was turned away and billed upstream`),
        ...(code === 0 ? [] : [`the process ended with ${code ?? signal}`]),
      ],
      figures: {
        ...figures,
        finished: finished.length,
        cut: cut.length,
        refused: turnedAway.filter(({ kind }) => kind === 'refused').length,
        notConnected: unreached.filter(({ why }) => why.includes('ECONNREFUSED')).length,
        closedUnanswered: unreached.filter(({ why }) => !why.includes('ECONNREFUSED')).length,
      },
    }
  },
}

const isShutDown = (heard: Heard): boolean => heard.kind === 'refused' && heard.code === 'shutting_down'
