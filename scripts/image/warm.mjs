// Starts the gateway of FOLDER, asks it for an answer, and stops it: `node warm.mjs FOLDER`. What Node compiled for that
// it keeps, under node_modules/.cache/compiled, for the next start. Without packages: the image has no others.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const folder = path.resolve(process.argv[2] ?? '.')
const patienceMs = 60_000
const url = 'http://127.0.0.1:18080'

const gateway = spawn(process.execPath, [path.join(folder, 'dist/main.js'), 'start'], {
  env: {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '18080',
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
const kept = readdirSync(path.join(folder, 'node_modules/.cache/compiled'), { recursive: true }).length
if (code !== 0 || kept < 100) throw new Error(`It ended with ${code} and kept ${kept} files`)
process.stdout.write(`${kept} compiled files are kept for the next start\n`)

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
