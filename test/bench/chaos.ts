// Gateways on one PostgreSQL and one Redis, while these, the network between and the gateways themselves come and go.
//   npm run bench:chaos -- [--gateways 3] [--callers 24] [--seconds 5] [--json]
import { parseArgs } from 'node:util'
import { runChaos } from './chaos/run-chaos.ts'
import { tableOf } from './chaos/table.ts'

const { values } = parseArgs({
  options: {
    gateways: { type: 'string', default: '3' },
    callers: { type: 'string', default: '24' },
    /** How long each thing stays wrong. */
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
})
const size = {
  gateways: Number(values.gateways),
  callers: Number(values.callers),
  lastsMs: 1_000 * Number(values.seconds),
}
const run = await runChaos(size)
const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, ...size }
process.stdout.write(
  values.json
    ? `${JSON.stringify({ about, ...run })}\n`
    : `${JSON.stringify(about)}\n\n${tableOf(run)}\n${JSON.stringify(run.figures)}\n${run.faults.map((fault) => `- ${fault}\n`).join('')}`,
)
if (run.faults.length > 0) process.exitCode = 1
