import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectRoot, startApp } from '../../support/app.ts'
import { startOauthApp } from '../../support/oauth-app.ts'
import baseline from './baseline.json' with { type: 'json' }
import { startFixture } from './fixture.ts'
import { startKeyProxy } from './key-proxy.ts'
import { requiredScenarios, runSuite } from './suite.ts'
import type { Baseline } from './suite.ts'

const revisions = ['2025-11-25', '2026-07-28'] as const

/** Scenarios that ask nothing of a server but what every server has. Which are left out, docs/conformance.md says. */
const generic = {
  '2025-11-25': ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'],
  '2026-07-28': [
    'tools-list',
    'caching',
    'dns-rebinding-protection',
    'http-header-validation',
    'input-required-result-unsupported-methods',
    'server-sse-multiple-streams',
    'server-stateless',
  ],
} as const

const published = await readFile(path.join(projectRoot, 'docs/conformance.md'), 'utf8')
const timeoutMs = 90_000

describe("the gateway's door and transport, with what the suite wants to call behind them", () => {
  let fixture: Awaited<ReturnType<typeof startFixture>>
  beforeAll(async () => {
    fixture = await startFixture()
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  test.each(revisions)(
    'meets what %s requires, but for the baseline',
    async (revision) => {
      const verdict = await runSuite(fixture.url, ['--requirements', revision], baseline[`fixture ${revision}`])
      expect(verdict.ok, verdict.output).toBe(true)
      const required = await requiredScenarios(revision)
      const passed = verdict.passed.filter((scenario) => required.includes(scenario))
      expect(required.length - passed.length, 'all were run').toBe(
        verdict.failed.filter((scenario) => required.includes(scenario)).length,
      )
      expect(published).toContain(
        `| fixture | ${revision} | ${passed.length} of ${required.length} | ${verdict.passedChecks} |`,
      )
    },
    timeoutMs,
  )
})

const secret = `gw_${'k'.repeat(43)}`
const sha256 = createHash('sha256').update(secret).digest('hex')

const hosts = { ALLOWED_HOSTS: 'localhost' }

/** Starts the gateway in a mode; gives where the suite may go without a key of its own. */
const start: Record<'none' | 'api-key' | 'oauth', (resources: AsyncDisposableStack) => Promise<string>> = {
  none: async (resources) => resources.use(await startApp({ env: hosts })).url,
  'api-key': async (resources) => {
    const env = { ...hosts, AUTH_MODE: 'api-key', API_KEY_HASHES: `suite:use:${sha256}` }
    const { url } = resources.use(await startApp({ env }))
    return resources.use(await startKeyProxy(url, secret)).url
  },
  oauth: async (resources) => {
    const app = resources.use(await startOauthApp({ env: () => hosts }))
    return resources.use(await startKeyProxy(app.url, await app.token())).url
  },
}

describe.each(['none', 'api-key', 'oauth'] as const)('the gateway itself, mode %s', (mode) => {
  let url: string
  const resources = new AsyncDisposableStack()
  beforeAll(async () => {
    url = await start[mode](resources)
  })
  afterAll(() => resources.disposeAsync())

  test.each(revisions)(
    'meets the scenarios of %s that fit every server, but for the baseline',
    async (revision) => {
      const expected: Baseline = baseline[`product ${revision}`]
      let passed = 0
      for (const scenario of generic[revision]) {
        const ofScenario = Object.entries(expected).filter(([item]) => item.split(':')[0] === scenario)
        const what = ['--scenario', scenario, '--spec-version', revision]
        const verdict = await runSuite(`${url}/mcp`, what, Object.fromEntries(ofScenario))
        expect(verdict.ok, verdict.output).toBe(true)
        expect(verdict.passedChecks, scenario).toBeGreaterThan(0)
        passed += verdict.passedChecks
      }
      expect(published).toContain(`| gateway | ${revision} | ${generic[revision].length} | ${passed} |`)
    },
    timeoutMs,
  )
})

test('every item of the baseline has its reason, and docs/conformance.md tells it', () => {
  for (const items of Object.values<Baseline>(baseline))
    for (const [item, reason] of Object.entries(items)) {
      expect(reason.length, item).toBeGreaterThan(20)
      expect(published, item).toContain(`\`${item}\``)
    }
})
