import { connect } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { sleep } from '../../src/lib/abort.ts'
import { rawRequest, readToEnd } from './raw.ts'
import { chatBody, endOf, post, servedBy, startHttp, text } from './start-http.ts'
import type { Script } from './start-http.ts'

/** Says one word, then goes on after a while, unless it is cut. */
const slow = (ms: number): Script =>
  async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('one')
    await sleep(ms, context.signal)
    yield text('two')
    yield endOf(context)
  }

describe('a drain', () => {
  test('lets a running stream finish, and does not wait for its connection to time out', async () => {
    await using http = await startHttp({ script: slow(100), settings: { drainMs: 60_000 } })
    const reply = await post(http.url, { ...chatBody, stream: true })
    const drained = http.drain()
    expect(await reply.text()).toMatch(/two[^]*\[DONE\]\n\n$/)
    await drained
  })

  test('that has waited long enough ends it in an error event', async () => {
    await using http = await startHttp({ script: slow(60_000), settings: { drainMs: 50 } })
    const reply = await post(http.url, { ...chatBody, stream: true })
    const drained = http.drain()
    const said = await reply.text()
    expect(said).toContain('"code":"shutting_down"')
    expect(said).not.toContain('[DONE]')
    await drained
  })

  test('that has waited long enough answers a plain request with 503', async () => {
    await using http = await startHttp({ script: slow(60_000), settings: { drainMs: 50 } })
    const reply = post(http.url, chatBody)
    await expect.poll(() => http.seen.length).toBe(1)
    const drained = http.drain()
    expect((await reply).status).toBe(503)
    expect(await (await reply).json()).toMatchObject({ error: { code: 'shutting_down' } })
    await drained
  })

  test('closes what does not listen to reason', async () => {
    const deaf: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      await new Promise(() => {})
    }
    await using http = await startHttp({ script: deaf, settings: { drainMs: 20 } })
    const reply = await post(http.url, { ...chatBody, stream: true })
    await Promise.all([expect(reply.text()).rejects.toThrow(), http.drain()])
  })

  test('takes no new connection, and tells those open that it is not ready', async () => {
    await using http = await startHttp({ script: slow(300), settings: { drainMs: 5_000 } })
    const running = post(http.url, { ...chatBody, stream: true })
    await expect.poll(() => http.seen.length).toBe(1)
    const socket = await connected(http.port)
    // Half a request keeps the connection from counting as idle.
    const ready = rawRequest({ path: '/ready', headers: { connection: 'keep-alive' } })
    socket.write(ready.slice(0, 20))
    await expect.poll(() => connectionsOf(http.server)).toBe(2)

    const drained = http.drain()
    socket.write(ready.slice(20))
    const said = await readToEnd(socket)
    expect(said).toContain('HTTP/1.1 503')
    expect(said).toContain('{"ready":false,"reasons":["The gateway is shutting down."]}')
    expect(said).toContain('connection: close')
    const knock = (): Promise<string> =>
      fetch(`${http.url}/health`).then(
        () => 'let in',
        () => 'turned away',
      )
    await expect.poll(knock).toBe('turned away')
    await (await running).text()
    await drained
  })

  test('refuses to begin new work on an open connection', async () => {
    await using http = await startHttp({ script: slow(300), settings: { drainMs: 5_000 } })
    const running = post(http.url, { ...chatBody, stream: true })
    await expect.poll(() => http.seen.length).toBe(1)
    const socket = await connected(http.port)
    const chat = rawRequest({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chatBody),
    })
    socket.write(chat.slice(0, 20))
    await expect.poll(() => connectionsOf(http.server)).toBe(2)

    const drained = http.drain()
    socket.write(chat.slice(20))
    const said = await readToEnd(socket)
    expect(said).toContain('HTTP/1.1 503')
    expect(said).toContain('x-should-retry: true')
    expect(said).toContain('"code":"shutting_down"')
    await (await running).text()
    await drained
    expect(http.seen).toHaveLength(1)
  })

  test('answers what was sent before it, on kept and on new connections', async () => {
    await using http = await startHttp({ settings: { drainMs: 5_000 } })
    const kept = await Promise.all(Array.from({ length: 5 }, () => connected(http.port)))
    for (const socket of kept) {
      socket.write(rawRequest({ path: '/health', headers: { connection: 'keep-alive' } }))
      await once(socket, 'data')
    }
    const fresh = await Promise.all(Array.from({ length: 5 }, () => connected(http.port)))

    // Nothing is awaited from here to the drain: the bytes are with the system, and the server has not seen them.
    const said = [...kept, ...fresh].map((socket) => {
      socket.write(
        rawRequest({
          method: 'POST',
          path: '/v1/chat/completions',
          headers: { 'content-type': 'application/json', connection: 'keep-alive' },
          body: JSON.stringify(chatBody),
        }),
      )
      return readToEnd(socket)
    })
    const drained = http.drain()
    for (const reply of await Promise.all(said)) expect(reply).toContain('"code":"shutting_down"')
    await drained
    expect(http.seen).toHaveLength(0)
  })

  test('does not wait for idle keep-alive connections, and may be asked for twice', async () => {
    await using http = await startHttp({ settings: { drainMs: 60_000 } })
    await (await post(http.url, chatBody)).text()
    const socket = await connected(http.port)
    socket.write(rawRequest({ path: '/health', headers: { connection: 'keep-alive' } }))
    await once(socket, 'data')
    expect(http.drain()).toBe(http.drain())
    await Promise.all([http.drain(), once(socket, 'close')])
  })
})

const connected = async (port: number) => {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const connectionsOf = (server: { getConnections(done: (error: Error | null, count: number) => void): unknown }) =>
  new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
