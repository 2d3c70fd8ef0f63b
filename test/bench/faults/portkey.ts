import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { installNpmPackages } from '../../support/cached-install.ts'
import { rowsOf } from './contender.ts'
import type { Contender } from './contender.ts'
import type { Patience } from './situations.ts'

const portkeyVersion = '1.15.2'
/** With later versions of its server every stream ends in a 500: https://github.com/Portkey-AI/gateway/issues/1389 */
const overrides = { '@hono/node-server': '1.13.8' }

/**
 * `@portkey-ai/gateway` in a process of its own, configured as its documentation says: fallback over two targets, two
 * retries (ours makes three tries), the same patience as a request timeout. It keeps nothing between requests.
 * @throws Error where it can neither be found nor installed
 */
export const startPortkey = async (options: { sandboxUrl: string; patience: Patience }): Promise<Contender> => {
  const { sandboxUrl, patience } = options
  const modules = await installNpmPackages({
    name: 'portkey-gateway',
    dependencies: { '@portkey-ai/gateway': portkeyVersion },
    overrides,
  })
  const main = path.join(modules, '@portkey-ai/gateway/build/start-server.js')
  const port = await freePort()
  const child = spawn(process.execPath, [main, '--headless', `--port=${port}`], {
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production' },
    stdio: 'ignore',
  })
  const ended = once(child, 'close')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const url = `http://127.0.0.1:${port}`
  if (!(await answers(url, () => child.exitCode === null))) {
    await stop()
    throw new Error('@portkey-ai/gateway did not start.')
  }

  const rows = rowsOf('portkey')
  const config = {
    strategy: { mode: 'fallback' },
    request_timeout: patience.silenceMs,
    targets: rows.map((row) => ({
      provider: 'openai',
      api_key: row,
      custom_host: `${sandboxUrl}/${row}/v1`,
      request_timeout: patience.silenceMs,
      retry: { attempts: 2 },
    })),
  }
  return {
    name: '@portkey-ai/gateway',
    version: portkeyVersion,
    rows,
    open: async () => ({
      url: `${url}/v1/chat/completions`,
      headers: { 'x-portkey-config': JSON.stringify(config) },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    [Symbol.asyncDispose]: stop,
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}

/** Waits until somebody answers there, for at most 20 seconds and as long as `mayStill`. */
const answers = async (url: string, mayStill: () => boolean): Promise<boolean> => {
  const giveUpAtMs = Date.now() + 20_000
  while (Date.now() < giveUpAtMs && mayStill()) {
    const reply = await fetch(url).catch(() => null)
    if (reply !== null) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
