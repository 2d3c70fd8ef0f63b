// What of the image can be proved without Docker: its build, step by step, its size, and its start.
//   npm run image:check [-- --starts N] [--keep]
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { bytesOf } from '../../deploy/prune.mjs'
import { projectRoot } from '../support/app.ts'
import { build } from './build.ts'
import { coldStart, mayIsolate } from './cold-start.ts'
import { cacheUse } from './compile-cache.ts'
import { readStages } from './steps.ts'

const { values } = parseArgs({ options: { starts: { type: 'string', default: '5' }, keep: { type: 'boolean' } } })
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const into = mkdtempSync(path.join(tmpdir(), 'gateway-image-'))
chmodSync(into, 0o755) // The image's user passes through it.
try {
  const stages = readStages(readFileSync(path.join(projectRoot, 'Dockerfile'), 'utf8'))
  const built = build(stages, projectRoot, into, say)
  const app = path.join(built.root, built.cwd)
  for (const part of ['node_modules', '.models', 'models', 'dist'])
    say(`${`/app/${part}`.padEnd(20)} ${(bytesOf(path.join(app, part)) / 1e6).toFixed(1)} MB`)

  const who = mayIsolate
    ? `as ${built.user ?? 'root'}, on a read-only tree`
    : 'as this user, on a tree that can be written'
  if (!mayIsolate) say('SKIPPED: the user and the read-only tree. Only root can make them, on Linux.')
  say(`${values.starts} starts ${who}; Node ${process.version}, ${cpus().length} CPUs:`)
  const data = path.join(into, 'data')
  mkdirSync(data)
  if (mayIsolate) chownSync(data, ...idsOf(built.user))
  say('listen ms  ready ms  first near answer ms  RSS MB')
  for (let start = 0; start < Number(values.starts); start += 1) {
    const figures = await coldStart(built, path.join(data, `start-${start}`))
    say(
      Object.values(figures)
        .map((figure) => Math.round(figure))
        .join('  '),
    )
  }
  const { hits, misses } = await cacheUse(built, path.join(data, 'compiled'))
  say(`compiled beforehand: ${hits} modules of ${hits + misses.length}`)
  if (hits === 0 || misses.length > hits / 100) throw new Error(`Compiled anew: ${misses.join(', ')}`)
} finally {
  if (values.keep === true) say(`Kept: ${into}`)
  else rmSync(into, { recursive: true, force: true })
}

function idsOf(user: string | null): [number, number] {
  const [id = 0, group = id] = (user ?? '0:0').split(':').map(Number)
  return [id, group]
}
