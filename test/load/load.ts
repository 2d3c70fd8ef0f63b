// Loads a gateway in a process of its own, and holds its ledger against what the upstream and the callers saw.
//   node test/load/load.ts [part…] [--long] [--json] [--streams N] [--frames N] [--requests N] [--callers N] [--seconds N] [--rate N] [--rounds N] [--outlasting N]
import { parseArgs } from 'node:util'
import type { Form } from './part.ts'
import { parts } from './parts/index.ts'
import { describeRun, runPart } from './run-part.ts'
import type { PartRun } from './run-part.ts'

const amount = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean' },
    smoke: { type: 'boolean' },
    json: { type: 'boolean' },
    streams: amount,
    frames: amount,
    requests: amount,
    callers: amount,
    seconds: amount,
    rate: amount,
    rounds: amount,
    outlasting: amount,
  },
})
const { long = false, smoke = false, json = false, ...amounts } = values
const form: Form = long ? 'long' : smoke ? 'smoke' : 'short'
const given = Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, Number(text)]))
const names = parts.map(({ name }) => name)
const problems = [
  ...positionals.filter((name) => !names.includes(name)).map((name) => `There is no part "${name}".`),
  ...Object.entries(given)
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([name]) => `--${name} takes a whole number from 1.`),
]

if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\nThe parts are ${names.join(', ')}.\n`)
  process.exitCode = 2
} else {
  const about = { madeOn: new Date().toISOString().slice(0, 10), node: process.version, form }
  const runs: PartRun[] = []
  if (!json) process.stdout.write(`${JSON.stringify(about)}\n`)
  // One after the other: each has the machine to itself.
  for (const part of parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const run = await runPart(part, form, given)
    runs.push(run)
    if (!json) process.stdout.write(describeRun(run))
  }
  if (json) process.stdout.write(`${JSON.stringify({ about, parts: runs })}\n`)
  if (runs.some(({ ok }) => !ok)) process.exitCode = 1
}
