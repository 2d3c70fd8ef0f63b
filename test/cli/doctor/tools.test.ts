import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { startApp } from '../../support/app.ts'
import { examineAt } from './support/examine-at.ts'
import { startProxy, startServer } from './support/proxy.ts'

/** A 2025-era MCP server of another make, by hand, with tools that are wrong in several ways. */
const serveTools =
  (tools: readonly object[]) =>
  async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await text(req).catch(() => '')
    const message = parse(body)
    const send = (status: number, json: object): void =>
      void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    if (req.url !== '/mcp') return send(404, { error: { message: 'No such path.', code: 'not_found' } })
    if (req.method !== 'POST') return send(405, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'POST' } })
    if (message === null || req.headers['content-type'] !== 'application/json')
      return send(400, { jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Parse error' } })
    const { id, method } = message
    if (method?.startsWith('notifications/')) return void res.writeHead(202).end()
    if (method === 'tools/list') return send(200, { jsonrpc: '2.0', id, result: { tools } })
    if (method !== 'initialize')
      return send(200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } })
    const serverInfo = { name: 'other', version: '7' }
    send(200, {
      jsonrpc: '2.0',
      id,
      result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo },
    })
  }

const parse = (body: string): { id?: number; method?: string } | null => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const inputSchema = { type: 'object', properties: { city: { type: 'string', description: 'Where.' } } }
const good = { name: 'good', description: 'Tells the weather.', inputSchema, annotations: { readOnlyHint: true } }

test('an MCP server of another make and one era is no failure, and its good tools are good', async () => {
  await using server = await startServer((req, res) => void serveTools([good])(req, res))
  const { of, all } = await examineAt(server.url)
  expect(all('wrong')).toEqual([])
  expect(of('mcp', '2025-era client').said).toContain('other 7')
  expect(of('mcp', '2026-era client').verdict).toBe('not offered')
  for (const subject of ['schemas', 'descriptions', 'annotations']) expect(of('tools', subject).verdict).toBe('works')
})

test('a schema that no client can compile is wrong, and what is missing is a warning that names the tool', async () => {
  const tools = [
    good,
    {
      ...good,
      name: 'typo',
      inputSchema: { type: 'object', properties: { a: { type: 'strnig', description: 'A.' } } },
    },
    { name: 'mute', inputSchema: { type: 'object', properties: { a: { type: 'string' } } } },
    { ...good, name: 'half', inputSchema: { type: 'object', properties: { a: {}, b: { description: 'B.' } } } },
  ]
  await using server = await startServer((req, res) => void serveTools(tools)(req, res))
  const { of, report } = await examineAt(server.url)
  expect(report.verdict).toBe('wrong')
  expect(of('tools', 'schemas')).toMatchObject({ verdict: 'wrong', said: expect.stringMatching(/^typo: /) })
  expect(of('tools', 'descriptions').said).toBe('mute: no description; half: no description of a')
  expect(of('tools', 'annotations')).toMatchObject({ verdict: 'warning', said: 'mute: none' })
})

test('two eras that see different tools are told apart', async () => {
  await using it = await startApp()
  await using proxy = await startProxy(it.url, {
    changeText: (body, req) =>
      req.headers['mcp-protocol-version'] === '2026-07-28'
        ? body.replaceAll('Ask a model', 'Ask').replaceAll('Use it', 'Take it')
        : body,
  })
  const { of } = await examineAt(proxy.url)
  expect(of('tools', 'both eras')).toMatchObject({ verdict: 'wrong', todo: expect.stringContaining('two versions') })
})
