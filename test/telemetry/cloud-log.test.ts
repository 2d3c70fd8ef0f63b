import { expect, test, vi } from 'vitest'
import { protoFaults } from '../deploy/support/proto-walk.ts'
import { startGoogle } from '../support/google.ts'
import { serve } from '../support/process.ts'

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
