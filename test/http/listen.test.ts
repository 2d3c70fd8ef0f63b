import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { listen } from '../../src/http/listen.ts'
import { startHttp } from './start-http.ts'

const listenOn = (host: string, port: number) => listen(createServer(), { host, port })

describe('a port in use', () => {
  test('by another gateway is told, with what to do', async () => {
    await using http = await startHttp()
    await expect(listenOn('127.0.0.1', http.port)).rejects.toThrow(
      `Port ${http.port} is in use by another ai-gateway-mcp (http://127.0.0.1:${http.port}). Stop it, or choose another port: PORT=${http.port + 1} npm start.`,
    )
  })

  test.each([
    ['answers something else', '{"name":"nginx"}'],
    ['answers no JSON', '<html>'],
  ])('by a program that %s is told too', async (_what, answer) => {
    const other = createServer((_req, res) => res.end(answer))
    const port = Number(new URL((await listen(other, { host: '127.0.0.1', port: 0 })).url).port)
    await expect(listenOn('127.0.0.1', port)).rejects.toThrow(`Port ${port} is in use by another program.`)
    other.close()
  })
})

test('a host that is not this machine is told', async () => {
  await expect(listenOn('192.0.2.1', 0)).rejects.toThrow('HOST=192.0.2.1 is no address of this machine.')
})

test('the url is one that can be opened', async () => {
  const server = createServer()
  const { url } = await listen(server, { host: '0.0.0.0', port: 0 })
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  server.close()
})
