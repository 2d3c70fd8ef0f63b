import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openStores } from '../../../src/stores/index.ts'
import { createKeyDirectory } from '../../../src/tenants/directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const child = fileURLToPath(new URL('./child.ts', import.meta.url))
const open = (dataDir: string) => openStores({ dataDir, cacheMaxBytes: 0, clock: { now: () => Date.now() } })

const start = (...args: string[]) => spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

/** Runs a child to its end. */
const run = async (...args: string[]): Promise<{ code: number | null; out: string; err: string }> => {
  const started = start(...args)
  const [out, err] = [started.stdout, started.stderr].map((stream) => stream.setEncoding('utf8').toArray())
  const [code] = await once(started, 'close')
  return { code: Number(code), out: (await out)?.join('') ?? '', err: (await err)?.join('') ?? '' }
}

test.each([1, 150, 700, 1500])('a receipt that was acknowledged survives kill -9, after %i of them', async (count) => {
  using folder = temporaryFolder()
  const writer = start('append', folder.path)
  const acknowledged: string[] = []
  const lines = createInterface({ input: writer.stdout })
  for await (const line of lines) {
    acknowledged.push(line)
    // The rest of what it said before it died is read too.
    if (acknowledged.length === count) writer.kill('SIGKILL')
  }
  expect(writer.signalCode ?? (await once(writer, 'exit'))[1]).toBe('SIGKILL')
  expect(acknowledged.length).toBeGreaterThanOrEqual(count)

  await using stores = await open(folder.path)
  const found = await Promise.all(acknowledged.map((id) => stores.receipts.find(id)))
  expect(found.map((receipt) => receipt?.id)).toEqual(acknowledged)
})

test('processes that start together on a new folder make one database', async () => {
  using folder = temporaryFolder()
  const runs = await Promise.all(Array.from({ length: 6 }, () => run('open', folder.path)))
  expect(runs).toEqual(runs.map(() => ({ code: 0, out: '', err: '' })))
})

test('a key made and revoked by another process holds in a running one at once', async () => {
  using folder = temporaryFolder()
  await using stores = await open(folder.path)
  const keys = createKeyDirectory({ directory: stores.directory, fixed: [], clock: { now: () => 1_000_000 } })
  expect(await keys.find('gw_unknown')).toBeNull()

  const secret = (await run('create-key', folder.path)).out.trim()
  const record = await keys.find(secret)
  expect(record).toMatchObject({ name: 'CLI', scope: 'use' })

  expect((await run('revoke-key', folder.path, record?.id ?? '')).out).toBe('true\n')
  expect(await keys.find(secret)).toBeNull()
})

test('another process writes keys while one writes receipts', async () => {
  using folder = temporaryFolder()
  const writer = start('append', folder.path)
  await once(writer.stdout, 'data')
  const made = await Promise.all([run('create-key', folder.path), run('create-key', folder.path)])
  writer.kill('SIGKILL')
  await once(writer, 'exit')
  expect(made.map(({ code }) => code)).toEqual([0, 0])
  await using stores = await open(folder.path)
  expect(await stores.directory.keys()).toHaveLength(2)
})

test('a process with an idle report thread ends by itself and prints no warning', async () => {
  using folder = temporaryFolder()
  expect(await run('report', folder.path)).toEqual({ code: 0, out: '0\n', err: '' })
})
