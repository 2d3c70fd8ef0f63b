import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { version } from '../../../src/config/version.ts'
import { projectRoot } from '../../support/app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { freePort } from '../../support/server.ts'
import { answers, launchPortkey, portkeyVersion } from '../portkey.ts'
import type { Contender } from './contender.ts'
import { mcpDoors, openAiDoors } from './doors.ts'

/** A script of this folder that serves, in a process of its own. */
export const startScript = async (
  script: string,
  args: readonly string[] = [],
): Promise<{ url: string; pid: number } & AsyncDisposable> => {
  const child = fork(path.join(import.meta.dirname, script), [...args])
  const [address]: unknown[] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${portOf(address)}`,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

const portOf = (address: unknown): number => {
  if (typeof address === 'object' && address !== null && 'port' in address) return Number(address.port)
  throw new Error('The script did not say where it listens.')
}

export const direct = (upstreamUrl: string): Contender => {
  const { plain, stream } = openAiDoors(upstreamUrl)
  // Nobody remembers anything there: a hit is measured against the plainest reply that there is.
  return { name: 'upstream', pid: null, doors: { plain, stream, hit: plain }, [Symbol.asyncDispose]: async () => {} }
}

export const startProxy = async (upstreamUrl: string): Promise<Contender> => {
  const proxy = await startScript('proxy.ts', [upstreamUrl])
  const { plain, stream } = openAiDoors(proxy.url)
  return { ...proxy, name: 'bare proxy', doors: { plain, stream } }
}

/** This gateway as `npm start` runs it, with a key and a base URL: nothing of the shipped settings is changed. */
export const startOurs = async (
  upstreamUrl: string,
  nodeFlags: readonly string[] = [],
): Promise<{ http: Contender; mcp: Contender; readyMs: number } & AsyncDisposable> => {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(temporaryFolder())
  const port = await freePort()
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...nodeFlags, path.join(projectRoot, 'src/main.ts'), 'start'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: String(port),
      DATA_DIR: folder.path,
      OPENAI_API_KEY: 'not-a-key',
      OPENAI_BASE_URL: `${upstreamUrl}/v1`,
      LOG_FORMAT: 'json',
    },
    // Its log goes nowhere: reading it would cost the processor that everybody is measured on.
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  resources.defer(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const url = `http://127.0.0.1:${port}`
  if (!(await answers(`${url}/ready`, () => child.exitCode === null))) throw new Error('The gateway did not start.')
  const readyMs = performance.now() - startedAt
  const shared = { pid: child.pid ?? 0, [Symbol.asyncDispose]: async () => {} }
  const owned = resources.move()
  return {
    http: { ...shared, name: `ai-gateway-mcp ${version}`, doors: openAiDoors(url) },
    mcp: { ...shared, name: `ai-gateway-mcp ${version} by MCP`, doors: mcpDoors(url) },
    readyMs,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export const startPortkey = async (upstreamUrl: string): Promise<Contender> => {
  const portkey = await launchPortkey()
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstreamUrl}/v1` }
  const { plain, stream } = openAiDoors(portkey.url, headers)
  return {
    name: `@portkey-ai/gateway ${portkeyVersion}`,
    pid: portkey.pid,
    doors: { plain, stream },
    [Symbol.asyncDispose]: () => portkey[Symbol.asyncDispose](),
  }
}
