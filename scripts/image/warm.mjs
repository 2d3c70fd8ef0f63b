// Starts the gateway of FOLDER, asks it for an answer, and stops it: `node warm.mjs FOLDER [PORT]`. What Node compiled and what
// the gateway read for that is kept, under node_modules/.cache, for the next start. Without packages: the image has no others.
import { spawn } from 'node:child_process'
import { chmodSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const folder = path.resolve(process.argv[2] ?? '.')
const patienceMs = 60_000
const port = process.argv[3] ?? '18080'
const url = `http://127.0.0.1:${port}`

const gateway = spawn(process.execPath, [path.join(folder, 'dist/main.js'), 'start'], {
  env: {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: port,
    AUTH_MODE: 'none',
    DATA_DIR: ':memory:',
    PROVIDERS: 'sandbox',
    LOG_FORMAT: 'json',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
})
/** @type {Promise<number | null>} */
const ended = new Promise((resolve) => gateway.once('exit', resolve))

try {
  await until(async () => (await fetch(`${url}/ready`)).ok)
  const asked = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Is anybody there?' }] }),
  })
  if (!asked.ok) throw new Error(`It answers ${asked.status}: ${await asked.text()}`)
} finally {
  gateway.kill('SIGTERM')
}
const code = await ended
/** @param {string} name */
const filesOf = (name) =>
  readdirSync(path.join(folder, 'node_modules/.cache', name), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  )
const [compiled, read] = [filesOf('compiled'), [...filesOf('config'), ...filesOf('tokens')]]
const kept = `${compiled.length} compiled files and ${read.length} that were read`
if (code !== 0 || compiled.length < 100 || read.length < 2) throw new Error(`It ended with ${code} and kept ${kept}`)
// Node keeps its own for their owner's eyes only. In the image all are root's, and read by whoever runs it.
for (const { parentPath, name } of [...compiled, ...read]) chmodSync(path.join(parentPath, name), 0o444)
process.stdout.write(`${kept} are kept for the next start\n`)

/**
 * @param {() => Promise<boolean>} isSo
 */
async function until(isSo) {
  const end = Date.now() + patienceMs
  while (!(await isSo().catch(() => false))) {
    if (gateway.exitCode !== null || Date.now() > end) throw new Error('The gateway did not become ready')
    await sleep(50)
  }
}
