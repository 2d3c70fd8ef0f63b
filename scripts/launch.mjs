#!/usr/bin/env node
// Does all set-up, then runs a command on Node 24: `node scripts/launch.mjs <command> [args]`.
// Plain JavaScript for any Node ≥ 18 and without packages, since it runs before there are any. Nothing here or in
// launch/ writes to stdout: that belongs to the command, and on stdio to MCP.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAddon } from './launch/addon.mjs'
import { envFile, runCommand } from './launch/commands.mjs'
import { install } from './launch/install.mjs'
import { LaunchError } from './launch/launch-error.mjs'
import { setUpModel } from './launch/model.mjs'
import { chooseNode } from './launch/node-runtime.mjs'
import { endAs } from './launch/run.mjs'

// Node resolves symlinks before it names a module, so a linked `bin` finds its project too.
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command, ...args] = process.argv.slice(2)

try {
  await install(root)
  const node = chooseNode(root)
  await buildAddon({ root, node, command })
  await setUpModel({ root, node, command, env: envFile(root) })
  endAs(await runCommand({ root, node, command, args }))
} catch (error) {
  if (!(error instanceof LaunchError)) throw error
  if (error.signal) {
    endAs({ code: null, signal: error.signal })
  } else {
    process.stderr.write(`ai-gateway-mcp: ${error.message}\n`)
    process.exitCode = 1
  }
}
