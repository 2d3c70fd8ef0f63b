import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../support/server.ts'
import { asUser } from './build.ts'
import type { Built } from './build.ts'

export interface ColdStart {
  listenMs: number
  readyMs: number
  /** From the start to the first near answer, however often it was asked. */
  nearMs: number
  rssMb: number
}

/** Whether the tree can be made read-only for one process: root's, and not in every container. */
export const mayIsolate = process.platform === 'linux' && process.getuid?.() === 0

const patienceMs = 120_000
/** Pairs that the verifier holds for the same beyond doubt. */
const trades = ['speaker', 'writer', 'teacher', 'singer', 'painter', 'swimmer', 'manager', 'dancer', 'cook', 'gardener']
const readOnly = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$1" && shift && exec "$@"'

/** A gateway that was built, running. */
interface Running extends AsyncDisposable {
  url: string
  pid: number
  /** How long after the start something was so, ms. @throws Error where it never is, or the gateway has ended */
  when(isSo: () => Promise<boolean>): Promise<number>
  /** Ends it by SIGTERM and gives back what it wrote to standard error. @throws Error where it does not end with 0 */
  stop(): Promise<string>
}

/**
 * Starts what was built as it will run: as its user, on a tree that cannot be written to (where we are root), with
 * `dataDir` the only folder of its own.
 */
export const startBuilt = async (
  { root, cwd, user, env, words }: Built,
  dataDir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Running> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const start = mayIsolate
    ? ['unshare', '--mount', 'sh', '-c', readOnly, root, path.join(root, cwd), ...asUser(user), ...words]
    : [...words]
  const [program = '', ...rest] = start
  const startedAt = performance.now()
  const gateway = spawn(program, rest, {
    cwd: path.join(root, cwd),
    env: {
      ...env,
      HOST: '127.0.0.1',
      PORT: `${port}`,
      DATA_DIR: dataDir,
      PROVIDERS: 'sandbox',
      LOG_FORMAT: 'json',
      ...more,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  gateway.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(gateway, 'exit')
  const when = async (isSo: () => Promise<boolean>): Promise<number> => {
    while (!(await isSo())) {
      const now = performance.now() - startedAt
      if (gateway.exitCode !== null || now > patienceMs) throw new Error(`After ${Math.round(now)} ms: ${said}`)
      await sleep(5)
    }
    return performance.now() - startedAt
  }
  return {
    url,
    pid: gateway.pid ?? 0,
    when,
    stop: async () => {
      gateway.kill('SIGTERM')
      await ended
      if (gateway.exitCode !== 0) throw new Error(`It ended with ${gateway.exitCode ?? gateway.signalCode}: ${said}`)
      return said
    },
    [Symbol.asyncDispose]: async () => {
      gateway.kill('SIGKILL')
      await ended
    },
  }
}

/** Starts what was built, asks it until a near answer comes, and ends it. @throws Error where any of this goes amiss */
export const coldStart = async (built: Built, dataDir: string): Promise<ColdStart> => {
  await using gateway = await startBuilt(built, dataDir)
  const { url, when } = gateway
  const listenMs = await when(() => isUp(`${url}/live`))
  const readyMs = await when(() => isUp(`${url}/ready`))
  let tries = 0
  // A question that came before the model was there, or on a busy machine too late for it, is remembered by its words
  // only: each try is about a trade of its own.
  const nearMs = await when(async () => {
    const trade = trades[tries % trades.length] ?? ''
    tries += 1
    await ask(url, `How can I become a better ${trade}?`)
    return (await ask(url, `How do I become a better ${trade}?`)).cache === 'near'
  })
  const rssMb = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]) / 1e3
  await gateway.stop()
  return { listenMs, readyMs, nearMs, rssMb }
}

export const isUp = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )

const ask = async (url: string, content: string): Promise<{ cache: string | null }> => {
  const reply = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content }] }),
  })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`It answers ${reply.status}: ${text}`)
  return { cache: reply.headers.get('x-gateway-cache') }
}
