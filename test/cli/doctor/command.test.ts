import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCredentials } from '../../../src/cli/doctor/credentials.ts'
import { readOrders } from '../../../src/cli/doctor/orders.ts'
import { jsonPrinter, plainPrinter, tablePrinter } from '../../../src/cli/doctor/print.ts'
import { reportSchema } from '../../../src/cli/doctor/report.ts'
import type { Report } from '../../../src/cli/doctor/report.ts'
import { readTarget } from '../../../src/cli/doctor/target.ts'
import { UsageError } from '../../../src/cli/usage-error.ts'
import { run, serve } from '../../support/process.ts'
import { freePort } from '../../support/server.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startServer } from './support/proxy.ts'

const key = 'gw_doctors-own-key-0123456789'

let data: ReturnType<typeof temporaryFolder>
let upstreamPort: number
let gateway: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  data = temporaryFolder()
  upstreamPort = await freePort()
  gateway = await serve({
    DATA_DIR: data.path,
    AUTH_MODE: 'api-key',
    API_KEY_HASHES: createHash('sha256').update(key).digest('hex'),
    PROVIDERS: 'openai-compatible',
    OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${upstreamPort}/v1`,
    OPENAI_COMPATIBLE_API_KEY: 'upstream',
  })
})
afterAll(async () => {
  await gateway[Symbol.asyncDispose]()
  data[Symbol.dispose]()
})

test('a gateway that is well: exit code 0, and a report that fits its schema', async () => {
  const { code, stdout, stderr } = await run(['doctor', gateway.url, '--json'], { AI_GATEWAY_API_KEY: key }).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const report = reportSchema.parse(JSON.parse(stdout))
  expect(report).toMatchObject({ ours: true, url: gateway.url, spend: null })
  expect(stdout).not.toContain(key)
})

test('the key comes from a file or standard input as well, and plain text has no colours', async () => {
  using folder = temporaryFolder()
  const file = path.join(folder.path, 'key')
  writeFileSync(file, `${key}\n`)
  const fromFile = await run(['doctor', `${gateway.url}/mcp`, '--key-file', file], {}).ended
  expect([fromFile.code, fromFile.stderr]).toEqual([0, ''])
  expect(fromFile.stdout).toMatch(/^ok +admission: your key: It is let in\.$/m)
  expect(fromFile.stdout).not.toContain('\u001b')

  const header = path.join(folder.path, 'headers')
  writeFileSync(header, `X-Api-Key: ${key}\n\n`)
  const typed = run(['doctor', `${gateway.url}/v1`, '--key-file', '-', '--header', `@${header}`], {})
  typed.child.stdin?.end(`${key}\n`)
  const { code, stdout } = await typed.ended
  expect(code).toBe(0)
  expect(stdout + fromFile.stdout).not.toContain(key)
})

test('with --upstream it serves the upstream of the gateway itself', async () => {
  const args = ['--spend', '--upstream', `127.0.0.1:${upstreamPort}`, '--model', 'openai-compatible:doctor']
  const { code, stdout } = await run(['doctor', gateway.url, ...args], { AI_GATEWAY_API_KEY: key }).ended
  expect(stdout).toMatch(/^ok +cancelling: seen upstream: /m)
  expect(code).toBe(0)
})

test('something wrong: exit code 1, and what to do', async () => {
  const wrongKey = 'gw_some-other-key-012345'
  const { code, stdout, stderr } = await run(['doctor', gateway.url], { AI_GATEWAY_API_KEY: wrongKey }).ended
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout).toMatch(/^WRONG +admission: your key: .*invalid_api_key.*\n {7}do: /m)
  expect(stdout).not.toContain(wrongKey)
})

test('told to stop it stops at once', async () => {
  await using silent = await startServer(() => undefined)
  await using doctor = run(['doctor', silent.url, '--timeout', '600'], {})
  while (!doctor.stdout().includes('Examining')) await new Promise((resolve) => setTimeout(resolve, 20))
  doctor.child.kill('SIGINT')
  const { code, stderr } = await doctor.ended
  expect(code).toBe(1)
  expect(stderr).toContain('told to stop')
})

const hidden = 'sk-hidden-0123456789'

test('a command that cannot run: exit code 2, nothing on stdout, and no argument repeated', async () => {
  const called: [args: string[], said: string][] = [
    [[], 'missing required argument'],
    [['http://127.0.0.1', hidden], 'too many arguments'],
    [['http://127.0.0.1', `--apikey=${hidden}`], 'unknown option'],
    [['http://127.0.0.1', '--key', hidden], 'AI_GATEWAY_API_KEY'],
    [['http://127.0.0.1', '--upstream', '192.0.2.1:9', '--spend', '--model', 'm'], 'cannot listen'],
  ]
  const ended = await Promise.all(called.map(([args]) => run(['doctor', ...args], {}).ended))
  for (const [index, { code, stdout, stderr }] of ended.entries()) {
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(called[index]?.[1])
    expect(stderr).not.toContain(hidden)
    expect(stderr).not.toMatch(/\n\s+at /)
  }
})

test.each([
  ['ftp://127.0.0.1', {}, 'http://'],
  [hidden, {}, 'http://'],
  [`http://user:${hidden}@127.0.0.1`, {}, 'user and password'],
  [`http://127.0.0.1/?key=${hidden}`, {}, 'query'],
  ['http://127.0.0.1', { key: hidden }, 'AI_GATEWAY_API_KEY'],
  ['http://127.0.0.1', { header: [hidden] }, 'name: value'],
  ['http://127.0.0.1', { header: [`host: ${hidden}`] }, '"host"'],
  ['http://127.0.0.1', { header: [`@/${hidden}`] }, 'cannot be read'],
  ['http://127.0.0.1', { keyFile: `/${hidden}` }, 'cannot be read'],
  ['http://127.0.0.1', { keyFile: '/dev/null' }, 'empty'],
  ['http://127.0.0.1', { timeout: hidden }, '--timeout'],
  ['http://127.0.0.1', { timeout: '0' }, '--timeout'],
  ['http://127.0.0.1', { upstream: hidden, spend: true, model: 'm' }, 'host:port'],
  ['http://127.0.0.1', { upstream: '127.0.0.1:99999', spend: true, model: 'm' }, 'host:port'],
  ['http://127.0.0.1', { upstream: '127.0.0.1:1', model: 'm' }, '--spend'],
])('%s with %j is refused without repeating it', async (url, flags, said) => {
  const refused = await readOrders(url, { timeout: '30', ...flags }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(UsageError)
  expect(String(refused)).toContain(said)
  expect(String(refused)).not.toContain(hidden)
})

test('a key that is no key is refused without being shown', () => {
  expect(() => readCredentials(`${hidden} two`, [])).toThrow(/^(?!.*sk-hidden).*one word/)
})

test.each([
  'http://127.0.0.1:8080',
  'http://127.0.0.1:8080/',
  'http://127.0.0.1:8080/v1/',
  'http://127.0.0.1:8080/mcp',
])('%s names the same gateway', (url) => {
  const root = 'http://127.0.0.1:8080'
  expect(readTarget(url)).toEqual({ root, api: `${root}/v1`, mcp: `${root}/mcp` })
})

test('--help tells of the exit codes and ends well', async () => {
  const { code, stdout } = await run(['doctor', '--help'], {}).ended
  expect(code).toBe(0)
  expect(stdout).toContain('Exit codes: 0 nothing is wrong')
})

const report: Report = {
  format: 1,
  doctor: '0.1.0',
  url: 'http://127.0.0.1:8080',
  started_at: '2026-11-21T12:00:00.000Z',
  elapsed_ms: 1_234,
  ours: true,
  verdict: 'wrong',
  findings: [
    {
      check: 'bad input',
      subject: 's'.repeat(60),
      verdict: 'wrong',
      said: 'word '.repeat(60),
      todo: 'do it',
      measures: {},
    },
    { check: 'clock', subject: 'Date', verdict: 'works', said: 'Agrees.', todo: null, measures: { skewMs: 3 } },
  ],
  spend: { at_most_usd: '0.100000000', cost_usd: '0.000000123', simulated: true },
}

test('a terminal gets a table within its width', () => {
  const printer = tablePrinter(100)
  const text = [printer.opening(report.url), ...report.findings.map(printer.entry), printer.closing(report)].join('')
  for (const line of text.split('\n').slice(0, -4))
    expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(101)
  expect(text).toContain('→ do it')
})

test('plain text says what it cost and to whom to turn, and JSON is the report itself', () => {
  expect(plainPrinter.closing(report)).toContain('1 works, 1 wrong; 1.2 s, cost $0.000000123, simulated.')
  expect(plainPrinter.closing({ ...report, spend: null })).toContain('nothing was spent')
  expect(JSON.parse(jsonPrinter.closing(report))).toEqual(report)
})
