// Builds hnswlib-node for an image: the launcher's own step, but where it cannot be built, so cannot the image.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { buildAddon } from '../launch/addon.mjs'

const root = path.resolve(import.meta.dirname, '../..')
await buildAddon({ root, node: process.execPath, command: 'start' })
if (!existsSync(path.join(root, 'node_modules/hnswlib-node/build/ai-gateway-mcp'))) process.exitCode = 1
