// What a call costs our dialects in processor time, beside the AI SDK's providers doing the same.
//   node test/bench/wires.ts [--json] [--rounds N] [--calls N] [--callers N]
import { parseArgs } from 'node:util'
import { measureWires } from './wires/measure.ts'
import { tableOf, wanted } from './wires/table.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    /** Calls of each in a round. */
    calls: { type: 'string', default: '400' },
    /** How many at a time. */
    callers: { type: 'string', default: '8' },
  },
})
const plan = { rounds: Number(values.rounds), calls: Number(values.calls), callers: Number(values.callers) }

const cells = await measureWires(plan, ({ wire, form }) => process.stderr.write(`${wire} ${form}\n`))
const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, ...plan, wanted }
process.stdout.write(
  values.json ? `${JSON.stringify({ about, cells })}\n` : `${JSON.stringify(about)}\n\n${tableOf(cells)}`,
)
