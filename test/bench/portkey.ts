import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { installNpmPackages } from '../support/cached-install.ts'
import { freePort } from '../support/server.ts'

export const portkeyVersion = '1.15.2'
/** With later versions of its server every stream ends in a 500: https://github.com/Portkey-AI/gateway/issues/1389 */
const overrides = { '@hono/node-server': '1.13.8' }
/** A gateway of another maker, in a process of its own. */
export interface RunningPortkey extends AsyncDisposable {
  url: string
  pid: number
}

/**
 * Starts `@portkey-ai/gateway` on a free port, installing it first where it is not there yet. It keeps nothing between
 * requests; each brings its configuration in a header.
 * @throws Error where it can neither be found nor installed
 */
export const launchPortkey = async (): Promise<RunningPortkey> => {
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
  return { url, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop }
}

/** Waits until somebody answers there, for at most 20 seconds and as long as `mayStill`. */
export const answers = async (url: string, mayStill: () => boolean): Promise<boolean> => {
  const giveUpAtMs = Date.now() + 20_000
  while (Date.now() < giveUpAtMs && mayStill()) {
    const reply = await fetch(url).catch(() => null)
    if (reply !== null) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}
