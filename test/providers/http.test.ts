import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { makeRow, secret, startHttp, testKey } from './calls.ts'
import { failureOf } from './fold.ts'
import { startWireServer } from './wire-server.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const http = (options: Parameters<typeof startHttp>[0] = {}): UpstreamHttp => {
  const created = startHttp(options)
  cleanUps.push(() => created[Symbol.asyncDispose]())
  return created
}

const serve: typeof startWireServer = async (handler) => {
  const server = await startWireServer(handler)
  cleanUps.push(() => server[Symbol.asyncDispose]())
  return server
}

const portOf = (server: Server): number => {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no address.')
  return (address satisfies AddressInfo).port
}

/** A TCP server that does with a connection what a test says. */
const listen = async (onSocket: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return portOf(server)
}

const read = async (
  upstream: UpstreamHttp,
  row: Parameters<typeof makeRow>[0],
  signal = AbortSignal.timeout(10_000),
) => {
  const call = { row: makeRow(row), path: '/x', key: secret(testKey), headers: {}, body: { a: 1 }, hops: ['g'] }
  const reply = await upstream.post(call, signal)
  const chunks = await Array.fromAsync(reply.body)
  return { status: reply.status, text: Buffer.concat(chunks).toString() }
}

describe('deadlines', () => {
  test('a server that never answers is a timeout', async () => {
    const server = await serve(() => undefined)
    await server.idleAfter(async () => {
      const failure = await failureOf(read(http(), { baseUrl: server.url, timeouts: { firstByteMs: 60 } }))
      expect(failure).toMatchObject({ code: 'provider_timeout', detail: { provider: 'acme' } })
      expect(failure.message).toContain('60 ms')
    })
  })

  test('a head without a body is a timeout too, not a stall', async () => {
    const server = await serve((_request, response) => response.writeHead(200).flushHeaders())
    const timeouts = { firstByteMs: 120, stallMs: 20 }
    expect((await failureOf(read(http(), { baseUrl: server.url, timeouts }))).code).toBe('provider_timeout')
  })

  test('a pause within the body is a stall', async () => {
    const server = await serve((_request, response) => void response.write('a'))
    const timeouts = { firstByteMs: 10_000, stallMs: 40 }
    expect((await failureOf(read(http(), { baseUrl: server.url, timeouts }))).code).toBe('provider_stalled')
  })

  test('a body that takes longer than the first byte may is no timeout', async () => {
    const server = await serve((_request, response) => {
      let count = 0
      const timer = setInterval(() => (++count > 8 ? (clearInterval(timer), response.end()) : response.write('a')), 15)
    })
    const timeouts = { firstByteMs: 60, stallMs: 1_000 }
    expect(await read(http(), { baseUrl: server.url, timeouts })).toEqual({ status: 200, text: 'aaaaaaaa' })
  })

  test('a connection that is never made is unreachable', async () => {
    const port = await listen(() => undefined)
    const row = { baseUrl: `https://127.0.0.1:${port}`, timeouts: { connectMs: 50 } }
    const failure = await failureOf(read(http(), row))
    expect(failure.code).toBe('provider_unreachable')
    expect(failure.message).toContain('no connection was made in time')
  })
})

describe('broken connections', () => {
  test('nobody listening is unreachable', async () => {
    const port = await listen(() => undefined)
    await cleanUps.splice(0)[0]?.()
    const failure = await failureOf(read(http(), { baseUrl: `http://127.0.0.1:${port}` }))
    expect(failure.code).toBe('provider_unreachable')
    expect(failure.message).toContain('refused')
  })

  test('an unknown host is unreachable', async () => {
    const failure = await failureOf(read(http(), { baseUrl: 'http://nowhere.invalid' }))
    expect(failure.code).toBe('provider_unreachable')
    expect(failure.message).toContain('host name')
  })

  test.each([
    ['closed', (socket: Socket) => void socket.destroy()],
    ['reset', (socket: Socket) => void socket.resetAndDestroy()],
  ])('a connection %s before the answer is unreachable', async (_how, close) => {
    const port = await listen((socket) => socket.once('data', () => close(socket)))
    expect((await failureOf(read(http(), { baseUrl: `http://127.0.0.1:${port}` }))).code).toBe('provider_unreachable')
  })

  test.each([
    ['a reset', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', (socket: Socket) => void socket.resetAndDestroy()],
    ['a close', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', (socket: Socket) => void socket.end()],
    ['too few bytes', 'Content-Length: 50\r\n\r\nhello', (socket: Socket) => void socket.end()],
  ])('%s within the body is a cut', async (_how, rest, close) => {
    const port = await listen((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => setTimeout(() => close(socket), 20))),
    )
    expect((await failureOf(read(http(), { baseUrl: `http://127.0.0.1:${port}` }))).code).toBe('provider_cut')
  })

  test('something that is no HTTP is a bad reply', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.write('SSH-2.0-OpenSSH_9.9\r\n')))
    expect((await failureOf(read(http(), { baseUrl: `http://127.0.0.1:${port}` }))).code).toBe('provider_bad_reply')
  })
})

describe('a caller who leaves', () => {
  const leave = async (row: Parameters<typeof makeRow>[0]): Promise<void> => {
    const reason = new Error('left')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 40)
    await expect(read(http(), row, controller.signal)).rejects.toBe(reason)
  }

  test('closes the connection while waiting for the head', async () => {
    const server = await serve(() => undefined)
    await server.idleAfter(() => leave({ baseUrl: server.url }))
  })

  test('closes the connection within the body', async () => {
    const server = await serve((_request, response) => void response.write('a'))
    await server.idleAfter(() => leave({ baseUrl: server.url }))
  })

  test('does not wait for a connection that is still being made', async () => {
    const port = await listen(() => undefined)
    await leave({ baseUrl: `https://127.0.0.1:${port}`, timeouts: { connectMs: 9_000 } })
  })

  test('who stops reading without a signal closes it too', async () => {
    const server = await serve((_request, response) => void response.write('a'))
    const upstream = http()
    await server.idleAfter(async () => {
      const call = { row: makeRow({ baseUrl: server.url }), path: '/x', key: null, headers: {}, body: {}, hops: [] }
      const reply = await upstream.post(call, AbortSignal.timeout(10_000))
      for await (const _ of reply.body) break
    })
  })
})

describe('22: encodings, and size', () => {
  const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }

  test.each(Object.entries(encodings))('%s is decoded though it was not asked for', async (encoding, encode) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(encode('hello'))
    })
    expect((await read(http(), { baseUrl: server.url })).text).toBe('hello')
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity')
  })

  test('a compressed stream is read as it comes', async () => {
    const server = await serve((_request, response) => {
      const gzip = createGzip()
      response.writeHead(200, { 'content-encoding': 'gzip' })
      gzip.pipe(response)
      gzip.write('first')
      gzip.flush()
    })
    const call = { row: makeRow({ baseUrl: server.url }), path: '/x', key: null, headers: {}, body: {}, hops: [] }
    const reply = await http().post(call, AbortSignal.timeout(10_000))
    const { value } = await reply.body.next()
    expect(Buffer.from(value ?? []).toString()).toBe('first')
    await reply.body.return()
  })

  test.each([
    ['half of', 'gzip', gzipSync('hello world, hello world').subarray(0, 20), 'provider_cut'],
    ['text that is called', 'gzip', Buffer.from('hello world'), 'provider_bad_reply'],
    ['text that is called', 'br', Buffer.from('hello world'), 'provider_bad_reply'],
    ['text that is called', 'rot13', Buffer.from('hello'), 'provider_bad_reply'],
  ])('%s %s is an error', async (_what, encoding, bytes, code) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes)
    })
    expect((await failureOf(read(http(), { baseUrl: server.url }))).code).toBe(code)
  })

  test.each([
    ['plain', {}, Buffer.alloc(50_001)],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(50_001))],
  ])('a %s body that is too long is given up', async (_kind, headers, bytes) => {
    const server = await serve((_request, response) => void response.writeHead(200, headers).end(bytes))
    const failure = await failureOf(read(http({ maxReplyBytes: 50_000 }), { baseUrl: server.url }))
    expect(failure).toMatchObject({ code: 'provider_bad_reply' })
    expect(failure.message).toContain('50000 bytes')
  })
})

describe('proxies', () => {
  interface Tunnel {
    url: string
    seen: string[]
  }

  /** A proxy that tunnels every CONNECT to one port of loopback, or refuses them all. */
  const startProxy = async (to: number | null): Promise<Tunnel> => {
    const seen: string[] = []
    const port = await listen((socket) => {
      socket.once('data', (head) => {
        seen.push(head.toString().split('\r\n')[0] ?? '')
        if (to === null) return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
        const onward = connect(to, '127.0.0.1')
        onward.on('error', () => socket.destroy())
        socket.on('close', () => onward.destroy())
        if (head.toString().startsWith('CONNECT')) socket.write('HTTP/1.1 200 OK\r\n\r\n')
        else onward.write(head)
        socket.pipe(onward).pipe(socket)
      })
    })
    return { url: `http://user:pass-word-1234@127.0.0.1:${port}`, seen }
  }

  const tls = path.join(import.meta.dirname, 'tls')

  const startTls = async (): Promise<number> => {
    const server = createTlsServer(
      {
        key: readFileSync(path.join(tls, 'loopback-key.pem')),
        cert: readFileSync(path.join(tls, 'loopback-cert.pem')),
      },
      (request, response) => request.resume().on('end', () => response.writeHead(201).end('{}')),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return portOf(server)
  }

  test('HTTPS_PROXY tunnels, and NODE_EXTRA_CA_CERTS makes a private certificate trusted', async () => {
    const proxy = await startProxy(await startTls())
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(tls, 'call-once.ts'), 'https://upstream.test:8443', proxy.url],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: path.join(tls, 'loopback-cert.pem') } },
    )
    expect(stdout).toBe('201')
    expect(proxy.seen).toEqual(['CONNECT upstream.test:8443 HTTP/1.1'])
  })

  test('a certificate that is not trusted is refused, and said so', async () => {
    const failure = await failureOf(read(http(), { baseUrl: `https://localhost:${await startTls()}` }))
    expect(failure.code).toBe('provider_unreachable')
    expect(failure.message).toContain('certificate')
  })

  test('a proxy that refuses makes the provider unreachable, without a password in the error', async () => {
    const proxy = await startProxy(null)
    const upstream = http({ proxy: { httpsProxy: proxy.url, httpProxy: null, noProxy: '' } })
    const failure = await failureOf(read(upstream, { baseUrl: 'https://user:hunter22@upstream.test' }))
    expect(failure.code).toBe('provider_unreachable')
    expect(failure.message).toContain('proxy')
    expect(`${failure.message} ${String(failure.cause)}`).not.toMatch(/pass-word|hunter22|sk-test/)
  })

  test('HTTP_PROXY is for http providers; NO_PROXY hosts and this machine are reached directly', async () => {
    const server = await serve((_request, response) => void response.end('direct or not'))
    const proxy = await startProxy(server.port)
    const upstream = http({ proxy: { httpsProxy: null, httpProxy: proxy.url, noProxy: 'inner.invalid' } })
    expect((await read(upstream, { baseUrl: 'http://outer.invalid' })).text).toBe('direct or not')
    expect((await read(upstream, { baseUrl: server.url })).text).toBe('direct or not')
    const direct = await failureOf(read(upstream, { baseUrl: 'http://inner.invalid' }))
    expect(direct.code).toBe('provider_unreachable')
    expect(proxy.seen).toEqual(['POST http://outer.invalid/x HTTP/1.1'])
  })

  test('the environment of the process is not asked', async () => {
    const before = process.env.HTTP_PROXY
    cleanUps.push(() => {
      if (before === undefined) delete process.env.HTTP_PROXY
      else process.env.HTTP_PROXY = before
    })
    const server = await serve((_request, response) => void response.end('ok'))
    const proxy = await startProxy(server.port)
    process.env.HTTP_PROXY = proxy.url
    const upstream = http({ proxy: { httpsProxy: proxy.url, httpProxy: null, noProxy: '' } })
    expect((await failureOf(read(upstream, { baseUrl: 'http://outer.invalid' }))).code).toBe('provider_unreachable')
    expect(proxy.seen).toEqual([])
  })
})

test('disposing closes every connection', async () => {
  const server = await serve((_request, response) => void response.write('a'))
  const upstream = startHttp()
  await server.idleAfter(async () => {
    const call = { row: makeRow({ baseUrl: server.url }), path: '/x', key: null, headers: {}, body: {}, hops: [] }
    const reply = await upstream.post(call, AbortSignal.timeout(10_000))
    await reply.body.next()
    const ended = failureOf(Array.fromAsync(reply.body))
    await upstream[Symbol.asyncDispose]()
    expect((await ended).code).toBe('provider_cut')
  })
})
