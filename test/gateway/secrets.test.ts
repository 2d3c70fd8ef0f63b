import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mark } from '../../src/sandbox/journal.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { runOnGoogle, startGoogle } from '../support/google.ts'
import type { Google } from '../support/google.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let google: Google
let leave: () => void
let nowMs: number

beforeEach(async () => {
  google = await startGoogle()
  leave = runOnGoogle(google)
  nowMs = Date.now()
})
afterEach(async () => {
  leave()
  await google[Symbol.asyncDispose]()
})

const start = (keys: string): Promise<TestApp> =>
  startApp({
    env: { OPENAI_API_KEY: keys, SECRET_MANAGER_ENDPOINT: google.url, SECRET_TTL_SECONDS: '60' },
    overrides: { clock: { now: () => nowMs } },
  })
const askOnce = (it: TestApp, text: string) => hear(it.app.gateway.complete(ask(text), context()))
const shownKeys = (it: TestApp): unknown[] => it.upstream.requests.map(({ headers }) => headers['authorization'])
/** As the upstream's journal shows a key. */
const shown = (key: string): string => `Bearer ${mark(key)}`

test('a key is read from Secret Manager when it is first needed, and read again when it has aged', async () => {
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-one' })
  await using it = await start('secret-manager:openai@current')
  expect(google.asked).toEqual([])
  await askOnce(it, 'one')
  await askOnce(it, 'two')
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-two' })
  nowMs += 120_000
  await askOnce(it, 'three')
  expect(shownKeys(it)).toEqual([shown('sk-one'), shown('sk-one'), shown('sk-two')])
})

test('a key that was exchanged is asked for when the provider refuses the old one, and the call succeeds', async () => {
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-one' })
  await using it = await start('secret-manager:openai@current')
  await askOnce(it, 'one')
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-two' })
  it.upstream.script([{ kind: 'status', status: 401 }])
  expect((await askOnce(it, 'two')).error).toBeNull()
  expect(shownKeys(it).slice(1)).toEqual([shown('sk-one'), shown('sk-two')])
  // The new one is in use from now on, and the deployment was not rested.
  expect((await askOnce(it, 'three')).error).toBeNull()
  expect(shownKeys(it).at(-1)).toBe(shown('sk-two'))
})

test('a key that is refused and has not changed is tried once, and its backup takes over', async () => {
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-one' })
  google.secrets.set('openai@previous', { kind: 'text', text: 'sk-before' })
  await using it = await start('secret-manager:openai@current,secret-manager:openai@previous')
  it.upstream.script([{ kind: 'status', status: 401 }])
  expect((await askOnce(it, 'one')).error).toBeNull()
  expect(shownKeys(it)).toEqual([shown('sk-one'), shown('sk-before')])
})

test('while Secret Manager is away the last good key serves; a key that was withdrawn serves no more', async () => {
  google.secrets.set('openai@current', { kind: 'text', text: 'sk-one' })
  await using it = await start('secret-manager:openai@current')
  await askOnce(it, 'one')
  google.secrets.set('openai@current', { kind: 'error', code: 14, status: 'UNAVAILABLE', httpStatus: 503 })
  nowMs += 120_000
  expect((await askOnce(it, 'two')).error).toBeNull()
  google.secrets.set('openai@current', { kind: 'error', code: 9, status: 'FAILED_PRECONDITION', httpStatus: 400 })
  nowMs += 120_000
  expect((await askOnce(it, 'three')).error).toMatchObject({ code: 'secret_unavailable', status: 503 })
  expect(it.upstream.requests).toHaveLength(2)
})

test('a mounted file is a key, and a new content of it the next one', async () => {
  using folder = temporaryFolder()
  const file = path.join(folder.path, 'openai')
  await writeFile(file, 'sk-mounted\n')
  await using it = await start(`file:${file}`)
  await askOnce(it, 'one')
  await writeFile(file, 'sk-exchanged\n')
  nowMs += 120_000
  await askOnce(it, 'two')
  expect(shownKeys(it)).toEqual([shown('sk-mounted'), shown('sk-exchanged')])
})
