// What a request costs as ledger, callers and cache grow: each pair of sizes is measured in turns, in one run.
//   node test/bench/scale.ts [--quick] [--json]
import { parseArgs } from 'node:util'
import { measureScales } from './scale/scales.ts'
import type { Comparison, Effort, Sizes } from './scale/scales.ts'
import { tableOf } from './scale/table.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, quick: { type: 'boolean' } } })

const full: Sizes = { receipts: [10_000, 1_000_000], keys: [1, 10_000], entries: [1_000, 1_000_000] }
const quick: Sizes = { receipts: [10_000, 100_000], keys: [1, 1_000], entries: [1_000, 100_000] }
const sizes = values.quick === true ? quick : full
const effort: Effort = values.quick === true ? { rounds: 6, requests: 150 } : { rounds: 8, requests: 200 }

const comparisons: Comparison[] = await measureScales(sizes, effort, (line) => process.stderr.write(`${line}\n`))
const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, sizes, ...effort }
process.stdout.write(
  values.json === true
    ? `${JSON.stringify({ about, comparisons })}\n`
    : `${JSON.stringify(about)}\n\n${tableOf(comparisons, sizes)}`,
)
