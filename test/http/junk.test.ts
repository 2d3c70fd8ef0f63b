import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sleep } from '../../src/lib/abort.ts'
import { openaiSchemaAvailable, validateError } from '../support/openai-schema.ts'
import { bodyOf, exchangeRaw, rawRequest, readToEnd, statusOf } from './raw.ts'
import { chatBody, post, servedBy, startHttp, text } from './start-http.ts'
import type { Script } from './start-http.ts'

const body = JSON.stringify(chatBody)
const chat = (headers: Record<string, string>, sent = body) =>
  rawRequest({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', ...headers },
    body: sent,
  })

describe('what is not HTTP', () => {
  test.each([
    ['noise', '\u0000\u0001\u0002 nothing\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['two lengths', chat({ 'content-length': '5', 'Content-Length': '6' })],
    [
      'a length and chunks, the mark of request smuggling',
      chat({ 'content-length': '5', 'transfer-encoding': 'chunked' }),
    ],
    ['an unknown transfer encoding', chat({ 'content-length': '', 'transfer-encoding': 'chunked, xchunked' })],
    ['a broken chunk length', chat({ 'content-length': '', 'transfer-encoding': 'chunked' }, 'zz\r\n{}\r\n0\r\n\r\n')],
    ['a line feed in a header', 'GET /health HTTP/1.1\r\nhost: localhost\r\nx: a\nb\r\n\r\n'],
    ['endless headers', `GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('is refused in JSON or cut off, and the next request is served: %s', async (_name, bytes) => {
    await using http = await startHttp()
    const reply = await exchangeRaw(http.port, bytes.replace('content-length: \r\n', ''))
    if (reply !== '') {
      expect(statusOf(reply)).toBe(400)
      expect(JSON.parse(bodyOf(reply))).toMatchObject({ error: { code: 'invalid_request', param: null } })
      expect(reply).toMatch(/x-request-id: req_/)
      if (openaiSchemaAvailable) expect(validateError(JSON.parse(bodyOf(reply)))).toEqual([])
    }
    expect(http.seen).toEqual([])
    expect((await post(http.url, chatBody)).status).toBe(200)
  })

  test('never takes the server down', async () => {
    await using http = await startHttp()
    const start = fc.constantFrom(
      '',
      'GET ',
      'POST /v1/chat/completions HTTP/1.1\r\n',
      'GET /v1/models/',
      'GET http://evil.example/ HTTP/1.1\r\nhost: localhost\r\n',
    )
    await fc.assert(
      fc.asyncProperty(start, fc.string({ unit: 'binary' }), async (head, tail) => {
        const socket = connect(http.port, '127.0.0.1')
        socket.on('error', () => {}).resume()
        socket.end(`${head}${tail}\r\n\r\n`)
        await once(socket, 'close')
      }),
      { numRuns: 100 },
    )
    expect((await post(http.url, chatBody)).status).toBe(200)
  })
})

test('requests in one packet are answered in order on one connection', async () => {
  await using http = await startHttp()
  const keep = { connection: 'keep-alive' }
  const reply = await exchangeRaw(
    http.port,
    chat(keep) + rawRequest({ path: '/health', headers: keep }) + rawRequest({ path: '/nowhere' }),
  )
  expect(reply.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404'])
})

test('a refused request leaves the connection open for the next', async () => {
  await using http = await startHttp()
  const keep = { connection: 'keep-alive' }
  const reply = await exchangeRaw(http.port, chat(keep, '{"model":') + chat({}))
  expect(reply.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200'])
})

test('junk behind a running stream cuts it, and nothing lands in it', async () => {
  const script: Script = async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('one')
    await sleep(60_000, context.signal)
  }
  await using http = await startHttp({ script })
  const socket = connect(http.port, '127.0.0.1')
  socket.write(chat({ connection: 'keep-alive' }, JSON.stringify({ ...chatBody, stream: true })))
  await once(socket, 'data')
  const rest = readToEnd(socket)
  socket.write('\u0000 nothing\r\n\r\n')
  expect(await rest).not.toContain('HTTP/1.1')
})
