import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { tls } from '../../../src/cli/doctor/checks/tls.ts'
import { readCredentials } from '../../../src/cli/doctor/credentials.ts'
import { reportSchema } from '../../../src/cli/doctor/report.ts'
import type { Entry } from '../../../src/cli/doctor/report.ts'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { makeAuthority } from '../../support/certificate.ts'
import { run } from '../../support/process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startProxy } from './support/proxy.ts'

// A gateway behind TLS with certificates of the test's own, and the doctor as people start it: what it trusts is
// settled when a process begins.

vi.setConfig({ testTimeout: 90_000 })

const dayMs = 86_400_000
const authority = makeAuthority()
let folder: ReturnType<typeof temporaryFolder>
let it: TestApp
beforeAll(async () => {
  folder = temporaryFolder()
  writeFileSync(path.join(folder.path, 'authority.pem'), authority.cert)
  it = await startApp()
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** What the doctor finds at a gateway behind this TLS, and its exit code. */
const examine = async (
  server: SecureContextOptions & { minVersion?: 'TLSv1.1' },
  { trusts = true, node = '' } = {},
) => {
  await using proxy = await startProxy(it.url, {}, server)
  const env = {
    ...(trusts ? { NODE_EXTRA_CA_CERTS: path.join(folder.path, 'authority.pem') } : {}),
    ...(node === '' ? {} : { NODE_OPTIONS: node }),
  }
  const { code, stdout, stderr } = await run(['doctor', proxy.url, '--json', '--timeout', '60'], env).ended
  expect(stdout, stderr).not.toBe('')
  const { findings } = reportSchema.parse(JSON.parse(stdout))
  const of = (check: string, subject: string): Entry | undefined =>
    findings.find((entry) => entry.check === check && entry.subject === subject)
  return { code, of, findings }
}

test('a good certificate is good, and its end is told', async () => {
  const { code, of, findings } = await examine(authority.issue(['127.0.0.1']))
  expect(of('reach', 'certificate')).toMatchObject({ verdict: 'works', said: 'Valid for 89 more days.' })
  expect(of('tls', 'transport')).toMatchObject({ verdict: 'works', said: 'TLSv1.3.' })
  // A foreign Host must reach the gateway, and not be taken for the name on the certificate.
  expect(of('door', 'foreign Host')?.said).toContain('forbidden_host')
  expect(findings.filter(({ verdict }) => verdict === 'wrong')).toEqual([])
  expect(code).toBe(0)
})

test('one that ends within two weeks is told in time', async () => {
  const { code, of } = await examine(authority.issue(['127.0.0.1'], { untilMs: Date.now() + 5.5 * dayMs }))
  expect(of('reach', 'certificate')).toMatchObject({
    verdict: 'warning',
    said: 'It ends in 5 days.',
    todo: 'Renew it.',
  })
  expect(code).toBe(0)
})

const signed = makeAuthority('127.0.0.1')
test.each([
  ['has expired', authority.issue(['127.0.0.1'], { untilMs: Date.now() - dayMs / 2 }), {}, /has expired/, /Renew/],
  ['is not yet valid', authority.issue(['127.0.0.1'], { fromMs: Date.now() + dayMs }), {}, /not yet valid/, /clock/],
  [
    'is for another host',
    authority.issue(['gateway.example']),
    {},
    /another host name/,
    /name that the certificate has/,
  ],
  ['is signed by itself', signed, {}, /nobody whom this machine trusts/, /NODE_EXTRA_CA_CERTS/],
  [
    'is of an authority that nobody knows',
    authority.issue(['127.0.0.1']),
    { trusts: false },
    /nobody whom/,
    /NODE_EXTRA/,
  ],
] as const)(
  'a certificate that %s ends the examination, with what to do',
  async (_what, server, options, said, todo) => {
    const { code, findings } = await examine({ ...server }, options)
    expect(code).toBe(1)
    const wrong = findings.filter(({ verdict }) => verdict === 'wrong')
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatchObject({
      check: 'reach',
      said: expect.stringMatching(said),
      todo: expect.stringMatching(todo),
    })
  },
)

test('a TLS that is out of use is told to who still speaks it, and cannot be agreed on with who does not', async () => {
  const old = {
    ...authority.issue(['127.0.0.1']),
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const
  const { findings } = await examine(old)
  expect(findings.find(({ verdict }) => verdict === 'wrong')).toMatchObject({
    check: 'reach',
    said: 'TLS could not be agreed on.',
    todo: expect.stringContaining('TLS versions'),
  })
  const { of } = await examine(old, { node: '--tls-min-v1.1 --tls-cipher-list=DEFAULT@SECLEVEL=0' })
  expect(of('tls', 'transport')).toMatchObject({ verdict: 'warning', said: 'TLSv1.1, which is out of use.' })
})

test.each([
  ['http://203.0.113.7:8080', 1],
  ['http://gateway.example.com', 1],
  ['http://10.0.0.7', 0],
  ['http://gateway:8080', 0],
  ['http://localhost:8080', 0],
])('plain http at %s: %d warnings', async (root, warnings) => {
  const asked = (): never => {
    throw new Error('not asked here')
  }
  const target = { root, api: `${root}/v1`, mcp: `${root}/mcp` }
  const found = await Array.fromAsync(
    tls.examine(
      {
        target,
        ask: Object.assign(asked, { open: asked, bare: asked, limitMs: 1 }),
        quote: String,
        ours: true,
        openai: true,
        mcp: true,
        connections: [],
        admitted: true,
        spending: null,
        standIn: null,
        credentials: readCredentials(null, []),
      },
      new AbortController().signal,
    ),
  )
  expect(found.map(({ verdict }) => verdict)).toEqual(Array.from({ length: warnings }, () => 'warning'))
  for (const { said } of found) expect(said).toContain('can be read')
})
