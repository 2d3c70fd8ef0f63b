import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { version } from '../../src/config/version.ts'
import { openStores } from '../../src/stores/index.ts'
import { projectRoot } from '../support/app.ts'
import { startCollector } from '../support/collector.ts'
import { run, serve } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startServer } from './doctor/support/proxy.ts'

const post = (url: string, body: object): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-6-luna', ...body }),
  })
const say = (content: string): object => ({ messages: [{ role: 'user', content }] })

test(
  'a gateway killed at any moment has every answer that a caller saw in its ledger',
  { timeout: 60_000 },
  async () => {
    using data = temporaryFolder()
    const seen: string[] = []
    for (const killAfter of [1, 7, 20]) {
      await using gateway = await serve({ DATA_DIR: data.path })
      const answers = Array.from({ length: 40 }, async (_, n) => {
        const response = await post(gateway.url, { ...say(`What is ${killAfter} + ${n}?`), stream: n % 2 === 0 })
        const text = await response.text()
        const isWhole = n % 2 === 0 ? text.includes('data: [DONE]') : text.endsWith('}')
        if (!isWhole) return
        seen.push(response.headers.get('x-request-id') ?? '')
        if (seen.length >= killAfter) gateway.child.kill('SIGKILL')
      })
      await Promise.allSettled(answers)
      expect((await gateway.ended).signal).toBe('SIGKILL')
    }
    expect(seen.length).toBeGreaterThanOrEqual(20)
    await using stores = await openStores({ dataDir: data.path, cacheMaxBytes: 1e6, clock: { now: () => Date.now() } })
    for (const id of seen) expect(await stores.receipts.find(id), id).toMatchObject({ id, outcome: 'complete' })
  },
)

test('a stop signal lets running answers finish, then the process ends well', async () => {
  using data = temporaryFolder()
  await using gateway = await serve({ DATA_DIR: data.path })
  const response = await post(gateway.url, { ...say('Tell me about rivers, at length.'), stream: true })
  gateway.child.kill('SIGTERM')
  expect(await response.text()).toContain('data: [DONE]')
  expect(await gateway.ended).toMatchObject({ code: 0, signal: null })
})

test('a port in use says who has it and what to do', async () => {
  using data = temporaryFolder()
  const squatter = createServer((_req, res) => void res.end('hello')).listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const address = squatter.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { code, stderr } = await run(['start'], { PORT: String(port), DATA_DIR: data.path, PROVIDERS: 'sandbox' }).ended
  squatter.closeAllConnections()
  squatter.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`Port ${port} is in use`)
  expect(stderr).toContain(`PORT=${port + 1}`)
  expect(stderr).not.toContain('    at ')
})

test('every fault of the configuration is told at once', async () => {
  using data = temporaryFolder()
  const env = { DATA_DIR: data.path, PORT: 'abc', LOG_LEVEL: 'loud', OPENAI_BASE_URL: 'nonsense', OPENAI_API_KEY: 'k' }
  const { code, stderr } = await run(['start'], env).ended
  expect(code).toBe(1)
  for (const name of ['PORT', 'LOG_LEVEL', 'OPENAI_BASE_URL']) expect(stderr).toContain(name)
  expect(stderr).not.toContain('    at ')
})

test('without a provider the gateway serves, is not ready, and says what to set', async () => {
  using data = temporaryFolder()
  await using gateway = await serve({ DATA_DIR: data.path, PROVIDERS: 'openai' }).catch(() =>
    serve({ DATA_DIR: data.path, PROVIDERS: '', NODE_ENV: 'production' }),
  )
  const ready = await fetch(`${gateway.url}/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.text()).toContain('OPENAI_API_KEY')
  const answer = await post(gateway.url, say('hello'))
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('OPENAI_API_KEY') } })
})

test('backup copies the ledger of a running gateway', async () => {
  using data = temporaryFolder()
  using copy = temporaryFolder()
  await using gateway = await serve({ DATA_DIR: data.path })
  const id = (await post(gateway.url, say('hello'))).headers.get('x-request-id') ?? ''
  const { code } = await run(['backup', `${copy.path}/gateway.db`], { DATA_DIR: data.path }).ended
  expect(code).toBe(0)
  await using stores = await openStores({ dataDir: copy.path, cacheMaxBytes: 1e6, clock: { now: () => Date.now() } })
  expect(await stores.receipts.find(id)).toMatchObject({ id })
})

test('a backup replaces a file only when it is told to', async () => {
  using data = temporaryFolder()
  const env = { DATA_DIR: data.path }
  const file = path.join(data.path, 'copy.db')
  writeFileSync(file, 'precious')
  const refused = await run(['backup', file], env).ended
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/copy\.db is there already: .*--force/) })
  expect(readFileSync(file, 'utf8')).toBe('precious')
  expect((await run(['backup', '--force', file], env).ended).code).toBe(0)
  expect(readFileSync(file, 'utf8')).toMatch(/^SQLite format 3/)
})

test('where nothing is kept, nothing is backed up and no key is made, and that is said', async () => {
  using copy = temporaryFolder()
  const env = { DATA_DIR: ':memory:' }
  for (const words of [
    ['backup', path.join(copy.path, 'copy.db')],
    ['keys', 'create', '--name', 'x'],
    ['keys', 'list'],
  ])
    expect(await run(words, env).ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/DATA_DIR=:memory: keeps nothing: /),
    })
  await using gateway = await serve(env)
  expect((await post(gateway.url, say('hello'))).status).toBe(200)
})

test('a backup that cannot be written says what stood in its way', async () => {
  using data = temporaryFolder()
  const { code, stderr } = await run(['backup', `${data.path}/missing/copy.db`], { DATA_DIR: data.path }).ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/copy\.db could not be written: check its folder and disk\. \(ENOENT/)
})

test('the first lines of a log say where, for whom and with what the gateway serves', async () => {
  using data = temporaryFolder()
  await using gateway = await serve({ DATA_DIR: data.path })
  await expect.poll(gateway.stdout).toContain('every answer is simulated')
  const served =
    gateway
      .stdout()
      .split('\n')
      .find((line) => line.includes('listening on ')) ?? ''
  expect(JSON.parse(served)).toMatchObject({ url: gateway.url, auth: 'none', providers: ['sandbox'], version })
})

const hasModels = existsSync(path.join(projectRoot, '.models/near-verifier/set-up.json'))
describe.skipIf(!hasModels)("the pair model's own weights (skipped where set-up could not get them)", () => {
  test('are loaded before anybody asks', { timeout: 60_000 }, async () => {
    using data = temporaryFolder()
    await using gateway = await serve({ DATA_DIR: data.path, EMBEDDER: 'int8' })
    await expect.poll(gateway.stdout, { timeout: 50_000 }).toContain('the pair model is ready: near-verifier/')
    expect(gateway.stdout()).toContain('the embedder is ready: all-MiniLM-L6-v2/int8/')
  })
})

test('prompts, answers and keys are in no log line unless the owner asks for it', async () => {
  using data = temporaryFolder()
  const quiet = await serve({ DATA_DIR: data.path, LOG_LEVEL: 'debug' })
  await post(quiet.url, say('the secret word is xylophone'))
  quiet.child.kill('SIGTERM')
  expect((await quiet.ended).stdout).not.toContain('xylophone')
  const chatty = await serve({ DATA_DIR: data.path, LOG_CONTENT: 'true' })
  await post(chatty.url, say('the secret word is xylophone'))
  chatty.child.kill('SIGTERM')
  expect((await chatty.ended).stdout).toContain('xylophone')
})

test(
  'with a caller who does not read, and a collector of traces that hangs, it still ends before Cloud Run kills it',
  { timeout: 60_000 },
  async () => {
    using folder = temporaryFolder()
    // Ten seconds after the signal it would be killed. Its own drain is seven; shorter here, for machines that do much else.
    writeFileSync(path.join(folder.path, 'limits.yaml'), 'http: { drain_ms: 4000 }\n')
    await using collector = await startCollector('hangs')
    await using upstream = await startServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      const chunk = {
        id: 'c',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [{ index: 0, delta: { content: 'x'.repeat(4_000) } }],
      }
      const timer = setInterval(() => res.write(`data: ${JSON.stringify(chunk)}\n\n`), 5)
      res.once('close', () => clearInterval(timer))
    })
    await using gateway = await serve({
      DATA_DIR: ':memory:',
      CONFIG_DIR: folder.path,
      PROVIDERS: 'openai-compatible',
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      EMBEDDER: 'none',
    })
    const ask = async (): Promise<Response> => {
      const body = JSON.stringify({
        model: 'openai-compatible:m',
        stream: true,
        messages: [{ role: 'user', content: 'Go on.' }],
      })
      return fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    }
    const [reader, sleeper] = await Promise.all([ask(), ask()])
    expect([reader.status, sleeper.status]).toEqual([200, 200])
    const read = reader.text()
    gateway.child.kill('SIGTERM')
    const kill = setTimeout(() => gateway.child.kill('SIGKILL'), 10_000)
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null })
    clearTimeout(kill)
    expect(await read).toMatch(/event: error\ndata: .*shutting_down|data: \{"error":.*shutting_down/)
    await sleeper.body?.cancel().catch(() => undefined)
  },
)
