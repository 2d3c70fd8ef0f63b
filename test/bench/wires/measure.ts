import { createDialects } from '../../../src/providers/index.ts'
import { askModel, oracles } from '../../differential/ai-sdk.ts'
import { oursOf, theirsOf } from '../../differential/reading.ts'
import type { Reading } from '../../differential/reading.ts'
import { hi } from '../../differential/replay.ts'
import { makeCall, makeRow, startHttp } from '../../providers/calls.ts'
import { ask } from '../../providers/fold.ts'
import { startScript } from '../overhead/contenders.ts'
import { inPairs } from '../scale/pairs.ts'
import type { Line } from '../scale/pairs.ts'
import { answer } from './replies.ts'

/** What a call costs one of the AI SDK's providers, and what it costs our dialect. */
export interface Cell {
  wire: string
  form: 'JSON' | 'SSE'
  oracle: string
  /** Microseconds of processor time a call: ours is `small`, theirs `large`, and the ratio how many times theirs it is. */
  cpu: Line
}

interface Plan {
  rounds: number
  /** Calls of each in a round. */
  calls: number
  /** How many at a time. */
  callers: number
}

const perCall = 'CPU a call, µs'

/**
 * Asks the same server for the same reply, by our dialect and by the AI SDK's provider, in turns within one process; each
 * reply is read to its end and understood. The server is another process, whose time does not count.
 */
export const measureWires = async ({ rounds, calls, callers }: Plan, tell: (cell: Cell) => void): Promise<Cell[]> => {
  await using upstream = await startScript('../wires/upstream.ts')
  await using http = startHttp()
  const dialects = createDialects(http)

  const cells: Cell[] = []
  for (const oracle of oracles)
    for (const form of ['JSON', 'SSE'] as const) {
      const stream = form === 'SSE'
      const baseUrl = `${upstream.url}/${oracle.wire}/${stream ? 'stream' : 'document'}`
      const dialect = dialects.get(oracle.wire)
      if (!dialect) throw new Error(`No dialect speaks ${oracle.wire}.`)
      const call = makeCall({ row: makeRow({ baseUrl, maxConcurrent: callers }), stream })
      const model = oracle.model(baseUrl)
      const ours = async (): Promise<Reading> => oursOf(await ask(dialect, call))
      // Ours is given a deadline, too.
      const theirs = async (): Promise<Reading> =>
        theirsOf(await askModel(model, { ...hi, abortSignal: AbortSignal.timeout(15_000) }, stream))
      const measure = (one: () => Promise<Reading>) => cpuOf(one, calls, callers)

      // Compiled and connected before anything counts.
      await measure(ours)
      await measure(theirs)
      const [cpu] = await inPairs({ small: ours, large: theirs, rounds, measure })
      if (!cpu) throw new Error('Nothing was measured.')
      const cell = { wire: oracle.wire, form, oracle: oracle.name, cpu }
      tell(cell)
      cells.push(cell)
    }
  return cells
}

const cpuOf = async (one: () => Promise<Reading>, calls: number, callers: number): Promise<Record<string, number>> => {
  let left = calls
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left > 0) {
        left -= 1
        const { text, finish } = await one()
        if (text !== answer || finish !== 'stop')
          throw new Error(`Another answer than was given: ${text.slice(0, 200)}`)
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return { [perCall]: (user + system) / calls }
}
