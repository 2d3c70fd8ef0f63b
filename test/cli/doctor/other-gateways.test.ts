import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import path from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openStandIn } from '../../../src/cli/doctor/stand-in.ts'
import { projectRoot } from '../../support/app.ts'
import { run } from '../../support/process.ts'
import { startUpstream } from '../../support/upstream.ts'
import { examineAt } from './support/examine-at.ts'
import { startProxy, startServer, webPage } from './support/proxy.ts'

const json = { 'content-type': 'application/json' }

test('an OpenAI-compatible server that is not ours owes no MCP and none of our headers', async () => {
  await using upstream = await startUpstream({ pace: { firstTokenMs: 5, betweenTokensMs: 5 } })
  const { report, all, of } = await examineAt(`${upstream.url}/v1`, { key: 'sk-any', spend: true, model: 'm' })
  expect(report).toMatchObject({ verdict: 'warnings', ours: false, url: upstream.url })
  expect(all('wrong')).toEqual([])
  expect(all('not offered')).toEqual(['headers: security headers', 'mcp: handshake', 'providers: their state'])
  expect(of('completion', 'answer').verdict).toBe('works')
  expect(of('stream', 'end').verdict).toBe('works')
  expect(of('cancelling', 'caller leaves')).toMatchObject({ verdict: 'not observable', todo: expect.any(String) })
  expect(report.spend).toEqual({ at_most_usd: null, cost_usd: null, simulated: false })
})

test('without --spend nothing that a model could answer is sent', async () => {
  await using upstream = await startUpstream()
  const { all } = await examineAt(`${upstream.url}/v1`, { key: 'sk-any' })
  expect(all('not tried')).toEqual(['bad input: unknown model', 'spend: answers'])
  const asked = upstream.requests.map(({ body }) => body).filter((body) => JSON.stringify(body).includes('messages'))
  expect(asked).toEqual([])
})

test('with --spend, but no model, it does not choose one by itself', async () => {
  await using upstream = await startUpstream()
  const { of, report } = await examineAt(`${upstream.url}/v1`, { key: 'sk-any', spend: true })
  expect(of('spend', 'answers')).toMatchObject({ verdict: 'not tried', todo: 'Name one with --model.' })
  expect(report.findings.some(({ check }) => check === 'completion')).toBe(false)
})

/** Says that all is well, whatever it is asked. */
const lie = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const body = await text(req).catch(() => '')
  const chunk = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
  if (body.includes('"stream":true')) {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.end(Array.from({ length: 20 }, (_, index) => chunk(`word ${index} `)).join(''))
  } else if (req.url === '/v1/models') res.writeHead(200, json).end('{"object":"list","data":[{"id":"m"}]}')
  else if (body.includes('jsonrpc')) res.writeHead(404, json).end('{"error":{"message":"no"}}')
  else res.writeHead(200, json).end('{"ok":true,"choices":[]}')
}

test('a server that says yes to everything is not believed', async () => {
  await using liar = await startServer((req, res) => void lie(req, res))
  const { report, all, of } = await examineAt(liar.url, { key: 'sk-any-key', spend: true, model: 'm' })
  expect(report.verdict).toBe('wrong')
  expect(all('wrong')).toEqual(
    expect.arrayContaining(['bad input: broken JSON', 'bad input: unknown path', 'completion: answer', 'stream: end']),
  )
  expect(of('admission', 'no key').verdict).not.toBe('works')
  expect(of('stream', 'end').said).toContain('without [DONE]')
  expect(all('works')).not.toContain('cancelling: caller leaves')
})

test.each([
  [{}, 'works', 'given up'],
  [{ ignoresLeaving: true }, 'wrong', 'went on'],
])('a gateway of another make (%j) is judged by what its upstream sees', async (habits, verdict, said) => {
  await using standIn = await openStandIn({ host: '127.0.0.1', port: 0 })
  await using gateway = await startProxy(standIn.url, habits)
  const { of } = await examineAt(gateway.url, { key: 'sk-any', spend: true, model: 'm', standIn })
  expect(of('cancelling', 'seen upstream')).toMatchObject({ verdict, said: expect.stringContaining(said) })
})

test('a port where nobody listens, and a name that does not exist', async () => {
  const server = await startServer(() => undefined)
  await server[Symbol.asyncDispose]()
  const dead = await examineAt(server.url)
  expect(dead.report.findings).toHaveLength(1)
  expect(dead.of('reach', 'answer')).toMatchObject({
    verdict: 'wrong',
    said: expect.stringContaining('Nothing listens'),
  })
  const unknown = await examineAt('http://gateway.invalid')
  expect(unknown.of('reach', 'answer')).toMatchObject({ verdict: 'wrong', todo: expect.stringMatching(/name|DNS/) })
})

test.each([
  ['speaks another protocol', '220 mail.example ESMTP\r\n', 'does not speak HTTP'],
  ['hangs up', null, 'closed without an answer'],
])('a server that %s is told apart', async (_what, greeting, said) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (greeting === null) socket.destroy()
    else socket.end(greeting)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { of } = await examineAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.close()
  expect(of('reach', 'answer')).toMatchObject({ verdict: 'wrong', said: expect.stringContaining(said) })
})

test('a TLS client before a plain port is told', async () => {
  await using server = await startServer((_req, res) => void res.end())
  const { of } = await examineAt(server.url.replace('http:', 'https:'))
  expect(of('reach', 'answer').said).toContain('TLS')
})

const certificate = path.join(projectRoot, 'test/providers/tls/loopback-cert.pem')

/** A web server that speaks TLS, with a certificate that nobody knows. */
const startTls = async () => {
  const privateKey = path.join(projectRoot, 'test/providers/tls/loopback-key.pem')
  const server = createTlsServer(
    { cert: readFileSync(certificate), key: readFileSync(privateKey) },
    (_req, res) => void res.writeHead(200, json).end('{"object":"list","data":[{"id":"m"}]}'),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

test('a certificate that nobody signed is told apart from a dead host', async () => {
  using server = await startTls()
  const { of } = await examineAt(server.url)
  expect(of('reach', 'answer')).toMatchObject({
    verdict: 'wrong',
    said: expect.stringContaining('trusts'),
    todo: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  })
})

test('behind TLS the time that it takes is split, and the end of the certificate told', async () => {
  using server = await startTls()
  const { stdout } = await run(['doctor', server.url], { NODE_EXTRA_CA_CERTS: certificate }).ended
  expect(stdout).toMatch(/reach: certificate: Valid for \d+ more days/)
  expect(stdout).toMatch(/latency: TLS: [\d.]+ ms, the median of 5/)
})

test('a redirect is not followed, since a key would go with it, and is shown without what may be secret', async () => {
  const seen: string[] = []
  await using elsewhere = await startServer((req, res) => {
    seen.push(req.url ?? '')
    res.end()
  })
  await using server = await startServer(
    (_req, res) =>
      void res.writeHead(308, { location: `${elsewhere.url.replace('//', '//user:hidden@')}/v1?token=hidden` }).end(),
  )
  const { of, report } = await examineAt(server.url, { key: 'sk-any-key' })
  expect(of('reach', 'answer')).toMatchObject({
    verdict: 'wrong',
    said: expect.stringContaining(`${elsewhere.url}/v1;`),
  })
  expect(JSON.stringify(report)).not.toContain('hidden')
  expect(seen).toEqual([])
})

test('a server that never answers takes no longer than it is given', async () => {
  await using server = await startServer(() => undefined)
  const { of, report } = await examineAt(server.url, { timeoutMs: 1_500 })
  expect(of('reach', 'answer')).toMatchObject({ verdict: 'wrong', said: 'No answer came in time.' })
  expect(report.elapsed_ms).toBeGreaterThanOrEqual(400)
})

test('one that falls silent later is given up when the time is up, and what was left is named', async () => {
  let answers = 0
  await using server = await startServer((_req, res) => {
    answers += 1
    if (answers < 12) res.writeHead(200, json).end('{"object":"list","data":[]}')
  })
  const { of, report } = await examineAt(server.url, { timeoutMs: 3_000 })
  expect(report.verdict).toBe('wrong')
  expect(of('time', 'the rest').said).toContain('Time was up before')
})

test('a web page is no gateway', async () => {
  await using server = await startServer(
    (_req, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end(webPage),
  )
  const { of } = await examineAt(server.url)
  expect(of('reach', 'faces')).toMatchObject({ verdict: 'wrong', todo: expect.stringContaining('/v1') })
})
