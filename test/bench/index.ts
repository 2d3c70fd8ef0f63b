// How exact the near index is, how fast, how large, and how soon it is there again.
//   npm run bench:index -- [--json] [--sizes 1000,10000] [--large] [--asked N] [--kept 50000] [--start 50000]
import { parseArgs } from 'node:util'
import { measureIndex, measureSnapshot } from './index/measure.ts'
import { measureStart } from './index/start.ts'
import { tableOf } from './index/table.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Entries of one partition. */
    sizes: { type: 'string', default: '1000,10000' },
    /** 100,000 as well: a quarter of an hour. */
    large: { type: 'boolean', default: false },
    asked: { type: 'string', default: '200' },
    /** Entries of the snapshot. */
    kept: { type: 'string', default: '50000' },
    /** Entries that a whole gateway finds as it starts, beside one that finds a single one; 0: not measured. */
    start: { type: 'string', default: '0' },
  },
})
const sizes = [...values.sizes.split(',').map(Number), ...(values.large ? [100_000] : [])]
const [asked, kept] = [Number(values.asked), Number(values.kept)]

const rows = []
for (const size of sizes) {
  process.stderr.write(`${size} entries\n`)
  rows.push(await measureIndex({ size, asked }))
}
process.stderr.write(`a snapshot of ${kept} entries\n`)
const snapshot = await measureSnapshot({ size: kept })
const starts = []
for (const size of Number(values.start) > 0 ? [1, Number(values.start)] : []) {
  process.stderr.write(`a start over ${size} entries\n`)
  starts.push(await measureStart({ size }))
}
const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, dimensions: 384, asked }
process.stdout.write(
  values.json
    ? `${JSON.stringify({ about, rows, snapshot, starts })}\n`
    : `${JSON.stringify(about)}\n\n${tableOf(rows)}\n${JSON.stringify(snapshot)}\n${starts.map((start) => `${JSON.stringify(start)}\n`).join('')}`,
)
