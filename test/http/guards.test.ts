import { describe, expect, test } from 'vitest'
import { chatBody, startHttp } from './start-http.ts'
import type { StartOptions } from './start-http.ts'
import { bodyOf, exchangeRaw, rawRequest, statusOf } from './raw.ts'

const ask = async (
  options: StartOptions,
  headers: Record<string, string>,
  method = 'POST',
  path = '/v1/chat/completions',
) => {
  await using http = await startHttp(options)
  const body = method === 'POST' ? JSON.stringify(chatBody) : ''
  const reply = await exchangeRaw(
    http.port,
    rawRequest({ method, path, headers: { ...(body && { 'content-type': 'application/json' }), ...headers }, body }),
  )
  return { status: statusOf(reply), reply, spent: http.seen.length > 0 }
}

const none: StartOptions = { mode: 'none' }
const keyed: StartOptions = { mode: 'api-key' }
const key = { 'x-api-key': 'gw_test_key' }

describe('the host guard, which stops DNS rebinding,', () => {
  test.each([
    ['localhost', 200],
    ['localhost:8080', 200],
    ['LOCALHOST.:9', 200],
    ['app.localhost', 200],
    ['127.0.0.1:1', 200],
    ['127.8.8.8', 200],
    ['[::1]:8080', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['127.0.0.1@evil.example', 403],
    ['192.168.0.7', 403],
    ['0.0.0.0:8080', 403],
    ['', 403],
  ])('answers the host %j in mode none with %i', async (host, status) => {
    const seen = await ask(none, { host })
    expect(seen).toMatchObject({ status, spent: status === 200 })
  })

  test('serves names that were allowed', async () => {
    const options = { ...none, settings: { allowedHosts: ['gateway.internal'] } }
    expect(await ask(options, { host: 'gateway.internal:8080' })).toMatchObject({ status: 200 })
  })

  test('lets any name pass where a key is asked for, unless names are listed', async () => {
    expect(await ask(keyed, { host: 'evil.example', ...key })).toMatchObject({ status: 200 })
    const listed = { ...keyed, settings: { allowedHosts: ['gateway.example'] } }
    expect(await ask(listed, { host: 'gateway.example', ...key })).toMatchObject({ status: 200 })
    expect(await ask(listed, { host: 'evil.example', ...key })).toMatchObject({ status: 403, spent: false })
  })

  test.each(['/startup', '/live', '/ready', '/health'])(
    'lets a prober ask %s by address where keys are asked for, and nobody else where names are listed',
    async (path) => {
      await using http = await startHttp({ ...keyed, settings: { allowedHosts: ['gateway.example'] } })
      const probe = (what: string) =>
        exchangeRaw(http.port, `GET ${what} HTTP/1.1\r\nhost: 169.254.8.1:8080\r\nconnection: close\r\n\r\n`)
      expect(statusOf(await probe(path))).toBe(200)
      expect(statusOf(await probe('/version'))).toBe(403)
      await using open = await startHttp()
      const page = `GET ${path} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n`
      expect(statusOf(await exchangeRaw(open.port, page))).toBe(403)
    },
  )

  test('refuses a request without any host, in JSON', async () => {
    await using http = await startHttp()
    const reply = await exchangeRaw(http.port, 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n')
    expect(statusOf(reply)).toBe(403)
    expect(JSON.parse(bodyOf(reply))).toMatchObject({ error: { code: 'forbidden_host' } })
  })
})

describe('the origin guard', () => {
  const page = (origin: string, fetchSite?: string) => ({
    host: 'localhost:8080',
    origin,
    ...(fetchSite && { 'sec-fetch-site': fetchSite }),
  })

  test.each([
    [page('http://localhost:3000'), 200],
    [page('http://localhost:3000', 'same-site'), 200],
    [page('https://127.0.0.1:8443'), 200],
    [page('http://[::1]:3000'), 200],
    [page('https://evil.example'), 403],
    [page('https://evil.example', 'cross-site'), 403],
    [page('http://localhost.evil.example'), 403],
    [page('http://localhost:3000', 'cross-site'), 403],
    [page('null'), 403],
    [page('vscode-webview://localhost'), 403],
    [page('http://'), 403],
    [{ host: 'localhost', 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'localhost', 'sec-fetch-site': 'none' }, 200],
    [{ host: 'localhost' }, 200],
  ])('in mode none answers %j with %i and no CORS header', async (headers, status) => {
    const seen = await ask(none, headers)
    expect(seen).toMatchObject({ status, spent: status === 200 })
    expect(seen.reply).not.toContain('access-control')
  })

  test.each([
    [{ origin: 'https://gateway.example', host: 'gateway.example' }, 200],
    [{ origin: 'https://evil.example', host: 'gateway.example' }, 403],
    [{ origin: 'http://localhost:3000', host: 'gateway.example' }, 403],
    [{ origin: 'null', host: 'gateway.example' }, 403],
    [{ host: 'gateway.example', 'sec-fetch-site': 'cross-site' }, 200],
  ])('with keys answers %j with %i', async (headers, status) => {
    expect(await ask(keyed, { ...headers, ...key })).toMatchObject({ status })
  })

  test('guards reading routes too', async () => {
    expect(await ask(none, page('https://evil.example'), 'GET', '/v1/models')).toMatchObject({ status: 403 })
    expect(await ask(none, page('https://evil.example'), 'GET', '/health')).toMatchObject({ status: 403 })
  })
})

describe('what a page may send without a preflight', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
    'text/plain; application/json',
  ])('content type %j is refused with 415 before anything is spent', async (type) => {
    expect(await ask(none, { 'content-type': type })).toMatchObject({ status: 415, spent: false })
    expect(await ask(none, { 'content-type': type }, 'POST', '/mcp')).toMatchObject({ status: 415 })
    expect(await ask(none, { 'content-type': type }, 'POST', '/unified_completion')).toMatchObject({
      status: 415,
      spent: false,
    })
  })

  test.each([
    ['application/json', 200],
    ['application/json; charset=UTF-8', 200],
    ['Application/JSON;charset="utf-8"', 200],
    ['application/json; charset=utf-16', 415],
    ['application/jsonp', 415],
  ])('JSON as %j is answered with %i', async (type, status) => {
    expect(await ask(none, { 'content-type': type })).toMatchObject({ status })
  })

  test('a compressed body is refused', async () => {
    expect(await ask(none, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 })
  })
})

describe('an allowed origin', () => {
  const settings = { allowedOrigins: ['https://app.example', 'vscode-webview://abc'] }

  test.each(['https://app.example', 'vscode-webview://abc'])('%j may call and read the answer', async (origin) => {
    const { status, reply } = await ask({ ...none, settings }, { origin, 'sec-fetch-site': 'cross-site' })
    expect(status).toBe(200)
    expect(reply).toContain(`access-control-allow-origin: ${origin}\r\n`)
    expect(reply).toMatch(/access-control-expose-headers: .*x-request-id.*x-gateway-model/)
    expect(reply).toContain('vary: origin\r\n')
  })

  test('gets its preflight answered without a key, and the key asked for afterwards', async () => {
    const preflight = {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    const { status, reply } = await ask({ ...keyed, settings }, preflight, 'OPTIONS')
    expect(status).toBe(204)
    expect(reply).toMatch(/access-control-allow-headers: .*authorization.*content-type/)
    expect(reply).toContain('access-control-allow-methods: GET, POST, OPTIONS\r\n')
    expect(await ask({ ...keyed, settings }, { origin: 'https://app.example' })).toMatchObject({ status: 401 })
  })

  test('does not open the door for another', async () => {
    expect(await ask({ ...none, settings }, { origin: 'https://app.example.evil.example' })).toMatchObject({
      status: 403,
    })
    expect(await ask({ ...none, settings }, { origin: 'http://app.example' })).toMatchObject({ status: 403 })
  })
})

test("a local page's preflight gets no leave, so its browser stops", async () => {
  const preflight = { host: 'localhost', origin: 'http://localhost:3000', 'access-control-request-method': 'POST' }
  const { status, reply } = await ask(none, preflight, 'OPTIONS')
  expect(status).toBe(405)
  expect(reply).not.toContain('access-control')
})

describe('a loop through gateways', () => {
  test.each([
    ['gw-self', 508],
    ['gw-a, gw-self', 508],
    ['a,b,c,d,e,f,g,h', 508],
    ['gw-a, gw-b', 200],
  ])('hops %j are answered with %i', async (hops, status) => {
    expect(await ask(none, { 'x-gateway-hop': hops })).toMatchObject({ status, spent: status === 200 })
  })
})
