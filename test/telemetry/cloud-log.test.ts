import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { protoFaults } from '../deploy/support/proto-walk.ts'
import { startGoogle } from '../support/google.ts'
import { run, serve } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

vi.setConfig({ testTimeout: 60_000 })

type Line = Readonly<Record<string, unknown>> & { message: string }

/** A gateway as Cloud Run starts it, and the lines that it has written. */
const serveOnCloudRun = async (env: Readonly<Record<string, string>> = {}) => {
  const google = await startGoogle()
  const gateway = await serve({
    K_SERVICE: 'ai-gateway',
    K_REVISION: 'ai-gateway-7',
    K_CONFIGURATION: 'ai-gateway',
    GCE_METADATA_HOST: new URL(google.url).host,
    LOGGING_ENDPOINT: google.url,
    DATA_DIR: ':memory:',
    EMBEDDER: 'none',
    LOG_FORMAT: '',
    ...env,
  })
  const lines = (): Line[] =>
    gateway
      .stdout()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []))
  const find = async (pattern: RegExp): Promise<Line> => {
    await expect.poll(() => lines().some(({ message }) => pattern.test(message)), { timeout: 15_000 }).toBe(true)
    return lines().find(({ message }) => pattern.test(message)) ?? { message: '' }
  }
  return {
    ...gateway,
    google,
    find,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]()
      await google[Symbol.asyncDispose]()
    },
  }
}

const traceId = '0123456789abcdef0123456789abcdef'
const ask = (url: string, headers: Readonly<Record<string, string>>, query = ''): Promise<Response> =>
  fetch(`${url}/v1/chat/completions${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'What is DNS, xylophone?' }] }),
  })

const clearCache = (url: string): Promise<Response> =>
  fetch(`${url}/api/cache`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'clear', dry_run: false }),
  })

test.each([
  ['traceparent', `00-${traceId}-00000000000000ff-01`],
  ["Google's older header", `${traceId}/255;o=1`],
])('on Cloud Run the lines of a request are found by its trace: %s', async (name, value) => {
  await using gateway = await serveOnCloudRun({ LOG_REQUESTS: 'all' })
  const header = name === 'traceparent' ? name : 'x-cloud-trace-context'
  const reply = await ask(gateway.url, { [header]: value }, '?key=my-secret')
  expect(reply.headers.get('x-trace-id')).toBe(traceId)
  await reply.text()
  const id = reply.headers.get('x-request-id') ?? ''
  const trace = {
    'logging.googleapis.com/trace': `projects/own-project/traces/${traceId}`,
    'logging.googleapis.com/spanId': '00000000000000ff',
    'logging.googleapis.com/trace_sampled': true,
    'logging.googleapis.com/labels': { request_id: id },
  }
  expect(await gateway.find(/tok {2}\$/)).toMatchObject({ ...trace, request_id: id, severity: 'INFO' })
  const line = await gateway.find(/POST \/v1/)
  expect(line).toMatchObject({
    ...trace,
    severity: 'INFO',
    httpRequest: {
      requestMethod: 'POST',
      requestUrl: '/v1/chat/completions',
      status: 200,
      latency: expect.stringMatching(/^\d+\.\d{3}s$/),
      requestSize: expect.stringMatching(/^\d+$/),
      responseSize: expect.stringMatching(/^[1-9]\d+$/),
    },
  })
  expect(protoFaults('HttpRequest', line['httpRequest'])).toEqual([])
  expect(gateway.stdout()).not.toMatch(/my-secret|xylophone/)
})

test('only failures have a line of their own unless all are asked for, and probes never', async () => {
  await using gateway = await serveOnCloudRun({
    PROVIDERS: 'openai',
    OPENAI_API_KEY: 'x',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
  })
  expect((await fetch(`${gateway.url}/live`)).status).toBe(200)
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200)
  expect((await ask(gateway.url, {})).status).toBeGreaterThanOrEqual(500)
  expect(await gateway.find(/POST \/v1\/chat\/completions 50\d/)).toMatchObject({ severity: 'WARNING' })
  expect(gateway.stdout()).not.toMatch(/GET \//)
})

test('what the environment says of the place goes before the metadata server, which need not be there', async () => {
  await using gateway = await serveOnCloudRun({
    GOOGLE_CLOUD_PROJECT: 'said-project',
    GOOGLE_CLOUD_REGION: 'us-east1',
    GCE_METADATA_HOST: '127.0.0.1:9',
  })
  const reply = await ask(gateway.url, { traceparent: `00-${traceId}-00000000000000ff-00` })
  expect(reply.headers.get('x-gateway-region')).toBe('us-east1')
  expect(await gateway.find(/tok {2}\$/)).toMatchObject({
    'logging.googleapis.com/trace': `projects/said-project/traces/${traceId}`,
    'logging.googleapis.com/trace_sampled': false,
  })
})

test('where nobody knows the project no trace is named, and all else is as it should be', async () => {
  await using gateway = await serveOnCloudRun({ GCE_METADATA_HOST: '127.0.0.1:9' })
  expect((await ask(gateway.url, {})).status).toBe(200)
  const line = await gateway.find(/tok {2}\$/)
  expect(line).not.toHaveProperty(['logging.googleapis.com/trace'])
  expect(line).toHaveProperty(['logging.googleapis.com/labels'])
})

test('what is charged is in the log by the API before the answer ends, and what admins do is a line', async () => {
  await using gateway = await serveOnCloudRun({
    LOGGING_API: 'receipts',
    METADATA_SERVER_DETECTION: 'assume-present',
    METRICS_PORT: '0',
  })
  const reply = await ask(gateway.url, { traceparent: `00-${traceId}-00000000000000ff-01` })
  await reply.text()
  const id = reply.headers.get('x-request-id') ?? ''
  expect(gateway.google.written).toMatchObject([
    {
      logName: 'projects/own-project/logs/ai-gateway-receipts',
      entries: [{ insertId: id, trace: `projects/own-project/traces/${traceId}`, jsonPayload: { request_id: id } }],
    },
  ])
  expect(JSON.stringify(gateway.google.written)).not.toContain('xylophone')
  const cleared = await clearCache(gateway.url)
  expect(cleared.status, await cleared.text()).toBe(200)
  expect(await gateway.find(/cache\.\w+/)).toMatchObject({
    severity: 'NOTICE',
    event: 'audit',
    logName: 'projects/own-project/logs/ai-gateway-audit',
    'logging.googleapis.com/labels': { log_kind: 'audit' },
  })
  const metrics = /metrics on (\S+)"/.exec(gateway.stdout())?.[1] ?? ''
  expect(await (await fetch(metrics)).text()).toContain('log_api_entries_total{log="receipts",outcome="ok"} 1')
})

test('off Google nothing of its library is loaded, whatever is done', async () => {
  using folder = temporaryFolder()
  const preload = path.join(folder.path, 'tell-loaded.mjs')
  writeFileSync(
    preload,
    `import { Module } from 'node:module'
     process.on('exit', () => process.stderr.write('loaded ' + Object.keys(Module._cache).length + '\\n' + Object.keys(Module._cache).join('\\n')))`,
  )
  const env = { DATA_DIR: ':memory:', EMBEDDER: 'none' }
  for (const [more, isThere] of [
    [{}, false],
    [{ LOG_AUDIT: 'true' }, true],
  ] as const) {
    await using gateway = await serve({ ...env, ...more }, { preload })
    expect((await clearCache(gateway.url)).status).toBe(200)
    gateway.child.kill('SIGTERM')
    const { stderr } = await gateway.ended
    expect(stderr).toMatch(/^loaded \d+/m)
    expect(/@google-cloud\/logging\//.test(stderr)).toBe(isThere)
  }
})

test('a key that is made on the command line is in the audit log too', async () => {
  await using google = await startGoogle()
  using folder = temporaryFolder()
  const made = await run(['keys', 'create', '--name', 'Ada'], {
    DATA_DIR: folder.path,
    LOGGING_API: 'audit',
    LOGGING_ENDPOINT: google.url,
    GCE_METADATA_HOST: new URL(google.url).host,
    METADATA_SERVER_DETECTION: 'assume-present',
  }).ended
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^gw_\S+\n$/) })
  expect(google.written).toMatchObject([
    { entries: [{ jsonPayload: { message: expect.stringMatching(/^command line: key.create key_\S+ done$/) } }] },
  ])
  expect(JSON.stringify(google.written)).not.toContain(made.stdout.trim())
})
