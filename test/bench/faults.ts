// What a caller sees of fifteen things that providers do wrong: through this gateway, and through @portkey-ai/gateway.
//   node test/bench/faults.ts [--json] [--alone]
import { parseArgs } from 'node:util'
import { openCountingSandbox } from '../../src/open-parts.ts'
import { measure, tables } from './faults/measure.ts'
import { ourGateway } from './faults/our-gateway.ts'
import { startPortkey } from './faults/portkey.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, alone: { type: 'boolean' } } })
const patience = { silenceMs: 2_000, callerMs: 10_000 }

await using resources = new AsyncDisposableStack()
const sandbox = resources.use(await openCountingSandbox({ keepRequests: Number.POSITIVE_INFINITY }))
const behind = { sandboxUrl: sandbox.url, patience }

const ours = resources.use(ourGateway(behind))
const portkey =
  values.alone === true
    ? null
    : await startPortkey(behind).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
        process.stderr.write(`@portkey-ai/gateway could not be installed or started, so it is left out: ${reason}\n`)
        return null
      })
const contenders = portkey === null ? [ours] : [ours, resources.use(portkey)]

// Each has rows of its own in the sandbox, so that they can be asked side by side.
const columns = await Promise.all(contenders.map((contender) => measure({ sandbox, contender, patience })))
const about = {
  madeOn: new Date().toISOString().slice(0, 10),
  node: process.version,
  ...patience,
  versions: Object.fromEntries(columns.map(({ name, version }) => [name, version])),
}
process.stdout.write(
  values.json === true ? `${JSON.stringify({ about, columns })}\n` : `${JSON.stringify(about)}\n\n${tables(columns)}`,
)
