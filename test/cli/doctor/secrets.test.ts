import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCredentials } from '../../../src/cli/doctor/credentials.ts'
import { createMask, quoteWith } from '../../../src/cli/doctor/mask.ts'
import { jsonPrinter, plainPrinter, tablePrinter } from '../../../src/cli/doctor/print.ts'
import type { Report } from '../../../src/cli/doctor/report.ts'
import { examineAt } from './support/examine-at.ts'
import { startServer } from './support/proxy.ts'

const secret = fc.stringMatching(/^[A-Za-z0-9_!$%&*+./:"\\-]{12,60}$/)

/** Every way in which a report is shown. */
const outputsOf = (report: Report): string[] =>
  [plainPrinter, tablePrinter(100), jsonPrinter].map((printer) =>
    [printer.opening(report.url), ...report.findings.map(printer.entry), printer.closing(report)].join(''),
  )

/** Whether eight characters in a row of a secret can be read in a text, line breaks of a table aside. */
const leaks = (text: string, hidden: string): boolean => {
  const flat = text.replaceAll(/\s+/g, '')
  return Array.from({ length: hidden.length - 7 }, (_, start) => hidden.slice(start, start + 8)).some((piece) =>
    flat.includes(piece),
  )
}

/** A server that tells everybody all it was sent, in every place from which the doctor quotes. */
const echo = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  const all = `\u001b[2J${Object.values(req.headers).join(' ')}`
  // Not the body of the oversized request, which never comes.
  const body = Number(req.headers['content-length'] ?? 0) < 10_000 ? await text(req).catch(() => '') : ''
  const spellings = [all, encodeURIComponent(all), all.slice(10, -10), `${'x'.repeat(190)}${all}`]
  const said = spellings[body.length % spellings.length]
  const error = { error: { message: said, code: all, gateway: { advice: said } } }
  const send = (status: number, json: unknown): void =>
    void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  if (req.url === '/v1/models') send(200, { object: 'list', data: [{ id: all }, { id: said }] })
  else if (req.url === '/version') send(200, { name: 'ai-gateway-mcp', version: said })
  else if (req.url === '/ready') send(200, { ready: false, reasons: [said] })
  else if (req.url === '/health') res.end(said)
  else if (req.url === '/mcp') send(400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: all } })
  else if (body.includes('60 words')) {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.end(`data: ${JSON.stringify(error)}\n\ndata: ${all}\n\n`)
  } else if (body.includes('600 words')) res.writeHead(200, { 'content-type': all.slice(4) }).end(all)
  else send(400, error)
}

test('whatever a gateway sends back, no secret stands in any output', async () => {
  await using server = await startServer((req, res) => void echo(req, res))
  await fc.assert(
    fc.asyncProperty(secret, secret, secret, async (key, token, odd) => {
      const headers = [`authorization: Bearer ${token}`, `x-house-pass: ${odd}`]
      const { report } = await examineAt(server.url, { key, headers, spend: true, model: 'm' })
      for (const output of outputsOf(report)) {
        expect(output).not.toContain('\u001b[2J')
        expect(output).not.toMatch(/\n\s+at \S.*:\d+:\d+/)
        for (const hidden of [key, token, odd]) expect(leaks(output, hidden), `${hidden} in ${output}`).toBe(false)
      }
      expect(JSON.stringify(report)).toContain('[secret]')
    }),
    { numRuns: 12 },
  )
})

test('a mask hides whole secrets, parts of eight characters, and their usual spellings, before anything is cut', () => {
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), fc.nat(60), (hidden, before, after, start) => {
      const quote = quoteWith(createMask([hidden]))
      const spellings = [
        hidden,
        hidden.slice(start % 5),
        JSON.stringify(hidden),
        encodeURIComponent(hidden),
        Buffer.from(hidden).toString('base64'),
      ]
      for (const spelling of spellings) {
        const shown = quote(`${before}${spelling}${after}`, 1_000)
        expect(leaks(shown, hidden) || shown.includes(spelling)).toBe(false)
      }
    }),
  )
  const cutShort = quoteWith(createMask(['secret-0123456789']))(`${'x'.repeat(190)} secret-0123456789`)
  expect(cutShort).not.toMatch(/secret-/)
})

test('text without a secret is left as it is, but for what a terminal would act on', () => {
  const quote = quoteWith(createMask(['secret-0123456789']))
  expect(quote('all is \u001b[2Jwell\nhere')).toBe('all is [2Jwell here')
  expect(createMask([])('as it is')).toBe('as it is')
  expect(createMask(['abc'])('abc')).toBe('abc')
})

test('what proves who asks is left out of the keyless requests, and what opens a door before the gateway stays', () => {
  const lines = ['X-Api-Key: k1234567', 'Cookie: session=1', 'x-serverless-authorization: Bearer idtoken', 'x-team: a']
  expect(readCredentials(null, lines)).toMatchObject({
    keyless: { 'x-serverless-authorization': 'Bearer idtoken', 'x-team': 'a' },
  })
  expect(readCredentials(null, ['x-team: a']).keyless).toBeNull()
  expect(readCredentials('the-key-1', ['authorization: Basic abc']).headers).toEqual({
    authorization: 'Basic abc',
    'x-api-key': 'the-key-1',
  })
})
