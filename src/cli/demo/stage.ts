import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApp } from '../../app.ts'
import { loadConfig } from '../../config/config.ts'
import { projectRoot } from '../../config/version.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { McpClient } from '../mcp/client.ts'
import { connectModern } from '../mcp/modern-client.ts'
import type { Completion } from './replies.ts'

/** Where the tour takes place: a gateway that nobody else uses, the sandbox behind it, an MCP client before it. */
export interface Stage extends AsyncDisposable {
  url: string
  client: McpClient
  sandbox: Pick<Sandbox, 'requests' | 'setFault'>
  /** Every answer so far, for the bill. */
  answers: Completion[]
}

const timeoutMs = 10_000

/** Opens a gateway on a free port with a data folder that goes when the stage does. No key and no `.env` is read. */
export const openStage = async (): Promise<Stage> => {
  await using resources = new AsyncDisposableStack()
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ai-gateway-demo-'))
  resources.defer(() => rm(dataDir, { recursive: true, force: true }))

  const env = { PROVIDERS: 'sandbox', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', CACHE_ENABLED: 'true' }
  const config = loadConfig({ root: fileURLToPath(projectRoot), env })
  const app = resources.use(await createApp(config, { fd: 2, isTerminal: process.stderr.isTTY }))
  if (!app.sandbox) throw new Error('The demo runs on the sandbox, and it did not start.')
  const { url } = await app.http.listen()
  const client = resources.use(await connectModern({ url: `${url}/mcp`, headers: {}, timeoutMs }))

  const owned = resources.move()
  return { url, client, sandbox: app.sandbox, answers: [], [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
