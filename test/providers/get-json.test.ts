import { afterAll, expect, test } from 'vitest'
import { createJsonReader } from '../../src/providers/get-json.ts'
import { startServer } from '../cli/doctor/support/proxy.ts'

const reader = createJsonReader(null)
afterAll(() => reader[Symbol.asyncDispose]())
const patience = (): AbortSignal => AbortSignal.timeout(5_000)

test('reads a document', async () => {
  await using server = await startServer((_req, res) => res.end('{"keys": []}'))
  expect(await reader.get(server.url, patience())).toEqual({ keys: [] })
})

test.each<[string, string, Parameters<typeof startServer>[0]]>([
  ['a redirect, which may lead to a stranger', '302', (_req, res) => res.writeHead(302, { location: '/keys' }).end()],
  ['an error', '500', (_req, res) => res.writeHead(500).end('x'.repeat(100_000))],
  ['no JSON', 'JSON', (_req, res) => res.end('<html>')],
  ['more than anybody needs', 'more than', (_req, res) => res.end(`"${'x'.repeat(1_000_000)}"`)],
  [
    'half an answer',
    '',
    (_req, res) => res.writeHead(200, { 'content-length': '100' }).write('{', () => res.destroy()),
  ],
])('throws for %s', async (_what, message, answer) => {
  await using server = await startServer(answer)
  await expect(reader.get(server.url, patience())).rejects.toThrow(message)
})

test('waits no longer than it may', async () => {
  await using server = await startServer(() => undefined)
  await expect(reader.get(server.url, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
})
