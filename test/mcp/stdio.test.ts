import { PassThrough } from 'node:stream'
import path from 'node:path'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as EarlierTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, test } from 'vitest'
import { serveStdio } from '../../src/mcp/transports.ts'
import { createLogger } from './support/serve.ts'
import { createTestServices } from './support/services.ts'
import { tools } from '../../src/mcp/tools/index.ts'

const program = { command: process.execPath, args: [path.join(import.meta.dirname, 'support/stdio-server.ts')] }
const identity = { name: 'test', version: '0.0.0' }

describe('a started program', () => {
  test('serves the SDK v1 client', async () => {
    const client = new EarlierClient(identity)
    await client.connect(new EarlierTransport(program))
    expect((await client.listTools()).tools).toHaveLength(tools.length)
    const result = await client.callTool({ name: 'unified_completion', arguments: { prompt: 'hello' } })
    expect(result).toMatchObject({ structuredContent: { text: 'You said: hello', request_id: 'req_1' } })
    await client.close()
  })

  test.each([
    ['legacy', '2025-11-25'],
    ['auto', '2026-07-28'],
  ] as const)('serves the SDK v2 client in mode %s', async (mode, speaks) => {
    const client = new ModernClient(identity, { versionNegotiation: { mode } })
    await client.connect(new ModernTransport(program))
    expect(client.getNegotiatedProtocolVersion()).toBe(speaks)
    expect((await client.listTools()).tools).toHaveLength(tools.length)
    const notes: number[] = []
    const result = await client.callTool(
      // Long enough for several reads: of a note that comes in one read with the result the SDK tells nothing.
      { name: 'unified_completion', arguments: { prompt: 'count 5000' } },
      { onprogress: ({ progress }) => notes.push(progress) },
    )
    expect(result).toMatchObject({ structuredContent: { model: 'gpt-6-luna' } })
    expect(notes.length).toBeGreaterThan(0)
    await client.close()
  })
})

/** The server over streams in this process, spoken to line by line. */
const start = () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const controller = new AbortController()
  const services = createTestServices()
  let count = 0
  const served = serveStdio({
    services,
    version: '1.2.3',
    clock: { now: Date.now },
    logger: createLogger(),
    newRequestId: () => `req_${++count}`,
    maxMessageBytes: 20_000_000,
    stdin,
    stdout,
    signal: controller.signal,
  })
  const say = (message: unknown): void =>
    void stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
  const call = (id: number, prompt: string): void =>
    say({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'unified_completion', arguments: { prompt } } })
  const lines = stdout[Symbol.asyncIterator]()
  let buffer = ''
  const hear = async (): Promise<unknown> => {
    while (!buffer.includes('\n')) {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('The server said nothing more.')
      buffer += String(value)
    }
    const end = buffer.indexOf('\n')
    const line = buffer.slice(0, end)
    buffer = buffer.slice(end + 1)
    return JSON.parse(line)
  }
  return { services, served, say, call, hear, stop: () => controller.abort(), hangUp: () => stdin.end() }
}

describe('a connection', () => {
  test('is the local caller, with an id of its own for every call', async () => {
    const { services, served, call, hear, hangUp } = start()
    call(1, 'one')
    call(2, 'two')
    await hear()
    await hear()
    expect(services.gateway.calls.map(({ context }) => [context.caller.id, context.face, context.requestId])).toEqual([
      ['local', 'stdio', 'req_1'],
      ['local', 'stdio', 'req_2'],
    ])
    hangUp()
    await served
  })

  test('ends when the client closes it, and so does the work', async () => {
    const { services, served, call, hangUp } = start()
    call(1, 'hang up')
    while (services.gateway.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    hangUp()
    await served
    await expect(services.gateway.aborted('hang up')).resolves.toBeDefined()
  })

  test('ends when the process is told to stop', async () => {
    const { services, served, call, stop } = start()
    call(1, 'hang stop')
    while (services.gateway.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    stop()
    await served
    await expect(services.gateway.aborted('hang stop')).resolves.toBeDefined()
  })

  test('cancels one call and goes on with the others', async () => {
    const { services, served, say, call, hear, hangUp } = start()
    call(1, 'hang one')
    while (services.gateway.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, reason: 'changed my mind' } })
    await services.gateway.aborted('hang one')
    call(2, 'other')
    expect(await hear()).toMatchObject({ id: 2, result: { structuredContent: { text: 'You said: other' } } })
    hangUp()
    await served
  })

  test('survives lines that are no messages', async () => {
    const { served, say, call, hear, hangUp } = start()
    say('not json')
    say('[]')
    say('{"jsonrpc":"2.0"}')
    say('[{"jsonrpc":"2.0","id":9,"method":"tools/list"}]')
    call(1, 'still there')
    expect(await hear()).toMatchObject({ id: 1, result: { structuredContent: { text: 'You said: still there' } } })
    hangUp()
    await served
  })

  test('takes a message as long as the bound that it is given', async () => {
    const { served, call, hear, hangUp } = start()
    call(1, 'x'.repeat(11_000_000))
    expect(await hear()).toMatchObject({ id: 1, result: { structuredContent: { model: 'gpt-6-luna' } } })
    hangUp()
    await served
  })
})
