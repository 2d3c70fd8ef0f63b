import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  globSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { projectRoot } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { asUser } from './build.ts'
import type { Built } from './build.ts'
import { freePort } from '../support/server.ts'
import { mayIsolate } from './cold-start.ts'
import { cacheUse, readCacheUse } from './compile-cache.ts'
import { readStages } from './steps.ts'

// The image in small: its own build of the sources, warmed by its own program and started by its own words, as its user on a
// tree that cannot be written to. Only packages are those of this machine: `npm run image:check` installs them anew.

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const stages = readStages(readFileSync(path.join(projectRoot, 'Dockerfile'), 'utf8'))
const steps = stages.flatMap(({ steps: of }) => of)
const user = steps.findLast((step) => step.kind === 'user')?.user ?? ''

/** Whether the image's user may read this project at all; else this machine's own user stands in for it. */
const mayRead = (): boolean => {
  const [program, ...args] = [...asUser(user), process.execPath, '--eval', 'fs.readFileSync(process.argv[1])']
  return program !== undefined && spawnSync(program, [...args, path.join(projectRoot, 'package.json')]).status === 0
}
const runAs = mayIsolate && mayRead() ? user : null

let folder: ReturnType<typeof temporaryFolder>
let app: string
let built: Built
beforeAll(() => {
  folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  app = path.join(folder.path, 'app')
  mkdirSync(path.join(app, 'node_modules/.cache'), { recursive: true })
  execFileSync(process.execPath, [
    path.join(projectRoot, 'node_modules/typescript/bin/tsc'),
    '--project',
    path.join(projectRoot, 'src'),
    '--noCheck',
    '--outDir',
    path.join(app, 'dist'),
  ])
  for (const part of ['package.json', 'config', 'models'])
    cpSync(path.join(projectRoot, part), path.join(app, part), { recursive: true })
  for (const name of readdirSync(path.join(projectRoot, 'node_modules')).filter((it) => !it.startsWith('.')))
    symlinkSync(path.join(projectRoot, 'node_modules', name), path.join(app, 'node_modules', name))
  const env = steps.reduce((all, step) => (step.kind === 'env' ? { ...all, ...step.variables } : all), {})
  const words = [process.execPath, path.join(app, 'dist/main.js'), 'start']
  built = { root: folder.path, cwd: '/app', user: runAs, env: { ...env, AUTH_MODE: 'none', EMBEDDER: 'none' }, words }
})
afterAll(() => folder[Symbol.dispose]())

/** The cache's folder and all that is in it become somebody's. */
const give = (owner: string): void => {
  const [id = 0, group = id] = owner.split(':').map(Number)
  const cache = path.join(app, 'node_modules/.cache')
  chownSync(cache, id, group)
  for (const entry of globSync('**', { cwd: cache })) lchownSync(path.join(cache, entry), id, group)
}

const warm = async (): Promise<string> => {
  if (runAs !== null) give(runAs)
  const [program, ...args]: string[] = [
    ...asUser(runAs),
    process.execPath,
    path.join(projectRoot, 'scripts/image/warm.mjs'),
    app,
    String(await freePort()),
  ]
  const said = execFileSync(program ?? '', args, { encoding: 'utf8', env: { ...process.env, EMBEDDER: 'none' } })
  // As the Dockerfile copies it into the last stage.
  const copied = steps.findLast((step) => step.kind === 'copy' && step.to.endsWith('/.cache'))
  if (runAs !== null && copied?.kind === 'copy') give(copied.owner ?? '0:0')
  return said
}

test(`what the image compiles beforehand, ${runAs === null ? 'this user (its own cannot read this project)' : `user ${runAs}`} finds compiled, and starts on it`, async () => {
  expect((await cacheUse(built, ':memory:')).hits).toBe(0)

  expect(await warm()).toMatch(/\d{3,} compiled files and [1-9] that were read are kept/)
  const { hits, misses } = await cacheUse(built, ':memory:')
  expect(hits).toBeGreaterThan(300)
  expect(misses).toEqual([])
})

test('a cache that cannot be read, or of another place, is no hit', () => {
  const said = (how: string): string => `[compile cache] V8 code cache for ESM file:///app/dist/app.js ${how}, …\n`
  expect(readCacheUse(said('was accepted'))).toEqual({ hits: 1, misses: [] })
  for (const how of ['was not initialized', 'was rejected', 'needs to be updated'])
    expect(readCacheUse(said(how))).toMatchObject({ hits: 0, misses: [expect.stringContaining(how)] })
})
