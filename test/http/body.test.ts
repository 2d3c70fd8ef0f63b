import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/contract/errors.ts'
import { readJson } from '../../src/http/body.ts'
import { listen } from '../../src/http/listen.ts'
import { bodyOf, exchangeRaw, rawRequest, readToEnd, statusOf } from './raw.ts'
import { chatBody, post, startHttp } from './start-http.ts'

const json = { 'content-type': 'application/json' }
const errorOf = async (reply: Response) => ({ status: reply.status, body: await reply.json() })

describe('a body', () => {
  test.each([
    ['', 'The body is empty.'],
    ['{"model":', 'The body is not valid JSON.'],
    ['hello', 'The body is not valid JSON.'],
    ['<html>', 'The body is not valid JSON.'],
  ])('%j is refused as broken JSON, in JSON', async (body, message) => {
    await using http = await startHttp()
    expect(await errorOf(await post(http.url, body))).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_json', message, type: 'invalid_request_error', param: null } },
    })
  })

  test('with broken UTF-8 is refused, not mended', async () => {
    await using http = await startHttp()
    const body = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
    const reply = await fetch(`${http.url}/v1/chat/completions`, { method: 'POST', headers: json, body })
    expect(await errorOf(reply)).toMatchObject({
      status: 400,
      body: { error: { message: 'The body is not valid UTF-8.' } },
    })
  })

  test('may begin with a byte order mark', async () => {
    await using http = await startHttp()
    expect((await post(http.url, `\ufeff${JSON.stringify(chatBody)}`)).status).toBe(200)
  })

  test('in many small pieces, cut within a character, is read whole', async () => {
    await using http = await startHttp()
    const bytes = Buffer.from(JSON.stringify({ ...chatBody, messages: [{ role: 'user', content: 'Grüße 👋' }] }))
    const pieces = ReadableStream.from(
      (async function* () {
        for (const byte of bytes) yield Uint8Array.of(byte)
      })(),
    )
    const reply = await fetch(`${http.url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: pieces,
      duplex: 'half',
    })
    expect(reply.status).toBe(200)
    expect(http.seen[0]?.request.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Grüße 👋' }] }])
  })

  test('that announces too much is refused before it is sent', async () => {
    await using http = await startHttp()
    const socket = connect(http.port, '127.0.0.1')
    const head = { ...json, host: 'localhost', 'content-length': '100001', connection: 'keep-alive' }
    socket.write(rawRequest({ method: 'POST', path: '/v1/chat/completions', headers: head }))
    const [first] = await once(socket, 'data')
    expect(statusOf(String(first))).toBe(413)
    expect(String(first)).toContain('connection: close')
    expect(JSON.parse(bodyOf(String(first)))).toMatchObject({ error: { code: 'body_too_large' } })
    socket.destroy()
  })

  test('that turns out too long is refused, and the sender reads why', async () => {
    await using http = await startHttp()
    const endless = ReadableStream.from(
      (async function* () {
        for (let i = 0; i < 100; i++) yield Buffer.alloc(10_000, 0x20)
      })(),
    )
    const reply = await fetch(`${http.url}/v1/chat/completions`, {
      method: 'POST',
      headers: json,
      body: endless,
      duplex: 'half',
    })
    expect(await errorOf(reply)).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } })
  })

  test('is asked for when the caller waits to be asked, and not when it would be refused', async () => {
    await using http = await startHttp()
    const wait = { ...json, host: 'localhost', expect: '100-continue' }
    const body = JSON.stringify(chatBody)
    const socket = connect(http.port, '127.0.0.1')
    socket.write(
      rawRequest({
        method: 'POST',
        path: '/v1/chat/completions',
        headers: { ...wait, 'content-length': String(body.length) },
      }),
    )
    const [invitation] = await once(socket, 'data')
    expect(String(invitation)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(body)
    expect(statusOf(await readToEnd(socket))).toBe(200)

    const tooLong = { ...wait, 'content-length': '9999999' }
    const refused = await exchangeRaw(
      http.port,
      rawRequest({ method: 'POST', path: '/v1/chat/completions', headers: tooLong }),
    )
    expect(statusOf(refused)).toBe(413)
  })

  test('whose sender gives up spends nothing and harms nobody', async () => {
    await using http = await startHttp()
    const socket = connect(http.port, '127.0.0.1')
    socket.write(
      rawRequest({ method: 'POST', path: '/v1/chat/completions', headers: { ...json, 'content-length': '500' } }),
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    expect((await post(http.url, chatBody)).status).toBe(200)
    expect(http.seen).toHaveLength(1)
    expect(http.logged).toEqual([])
  })

  test('that does not come is given up', async () => {
    const limits = { maxBytes: 1_000, timeoutMs: 50 }
    const server = createServer((req, res) => {
      readJson(req, limits, new AbortController().signal).then(
        () => res.end('read'),
        (error: unknown) => res.end(error instanceof GatewayError ? error.code : String(error)),
      )
    })
    const { url } = await listen(server, { host: '127.0.0.1', port: 0 })
    const reply = await exchangeRaw(
      Number(new URL(url).port),
      rawRequest({ method: 'POST', headers: { 'content-length': '10' } }),
    )
    server.close()
    expect(bodyOf(reply)).toContain('request_timeout')
  })
})

test('any JSON body gets an answer or a whole error of the caller, never a failure of ours', async () => {
  await using http = await startHttp()
  const fields = fc.dictionary(
    fc.constantFrom('model', 'messages', 'stream', 'tools', 'n', 'requirements', 'user', 'x'),
    fc.jsonValue(),
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), fields), async (value) => {
      const reply = await post(http.url, JSON.stringify(value))
      const said = await reply.text()
      expect(reply.status).toBeLessThan(500)
      if (reply.status === 200) return
      const { error } = JSON.parse(said)
      expect(Object.keys(error).slice(0, 4)).toEqual(['message', 'type', 'param', 'code'])
      expect([typeof error.message, typeof error.type, typeof error.code]).toEqual(['string', 'string', 'string'])
      expect(error.param === null || typeof error.param === 'string').toBe(true)
    }),
    { numRuns: 200 },
  )
})
