import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config/config.ts'
import { createPerception } from '../../src/perception/perception.ts'
import { perceptionWorker } from '../../src/perception/thread.ts'
import { projectRoot } from '../support/app.ts'

const { embedder } = loadConfig({ root: projectRoot, env: {} })
const folder = embedder?.folder ?? ''
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const mapped = '/proc/self/maps'
const isThere = existsSync(path.join(folder, 'set-up.json')) && existsSync(mapped)

test.skipIf(!isThere)(
  'a model is loaded without the library of pictures (skipped without weights or Linux)',
  async () => {
    await using perception = createPerception({
      startWorker: perceptionWorker({ folder, form: 'int8', pairFolder: 'none' }),
      settings: { maxWaiting: 10, maxRemembered: 4 },
      logger: silent,
    })
    expect(await perception.ready()).toMatchObject({ kind: 'ready' })
    const libraries = readFileSync(mapped, 'utf8')
    expect(libraries).toContain('libonnxruntime')
    expect(libraries).not.toContain('libvips')
  },
)
