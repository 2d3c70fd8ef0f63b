// What stores that instances share cost, and how well they keep a limit together.
//   npm run bench:instances -- [--rounds 5] [--requests 400] [--callers 8] [--gateways 3] [--limit 1000] [--entries 50000] [--json]
import { parseArgs } from 'node:util'
import { measureCatchUp } from './instances/measure-catch-up.ts'
import { measureLimit } from './instances/measure-limit.ts'
import { measureStores } from './instances/measure-stores.ts'

const { values } = parseArgs({
  options: {
    /** Each of so many requests, for each choice of stores in turn. */
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '400' },
    /** At a time. */
    callers: { type: 'string', default: '8' },
    gateways: { type: 'string', default: '3' },
    limit: { type: 'string', default: '1000' },
    /** Near answers that an instance finds as it starts. */
    entries: { type: 'string', default: '50000' },
    json: { type: 'boolean', default: false },
  },
})
const size = { rounds: Number(values.rounds), requests: Number(values.requests), callers: Number(values.callers) }

process.stderr.write('stores\n')
const stores = await measureStores(size)
process.stderr.write('limits\n')
const limit = await measureLimit({ gateways: Number(values.gateways), limit: Number(values.limit) })
process.stderr.write('an instance that starts\n')
const catchUp = await measureCatchUp({ size: Number(values.entries) })
const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, ...size }
const table = [
  '| stores | requests a second ÷ embedded | median ÷ embedded |',
  '|---|---:|---:|',
  ...stores.map((row) => `| ${row.stores} | ${row.throughputRatio.toFixed(2)} | ${row.medianRatio.toFixed(2)} |`),
  '',
].join('\n')
process.stdout.write(
  values.json
    ? `${JSON.stringify({ about, stores, limit, catchUp })}\n`
    : `${JSON.stringify(about)}\n\n${table}\n${JSON.stringify(limit)}\n${JSON.stringify(catchUp)}\n`,
)
