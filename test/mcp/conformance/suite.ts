import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectRoot } from '../../support/app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const program = path.join(projectRoot, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')

/** What the suite may find, by `scenario` or `scenario:check`, and why that is right. */
export type Baseline = Readonly<Record<string, string>>

export interface Verdict {
  /** The suite's own: nothing failed that is not in the baseline, and nothing in the baseline passed. */
  ok: boolean
  /** What it printed, for the reader of a failed test. */
  output: string
  /** Scenarios in which nothing failed; a warning is no failure, as in the suite's own count. */
  passed: string[]
  failed: string[]
  passedChecks: number
}

const check = z.object({ id: z.string(), status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']) })

interface Scenario {
  name: string
  checks: z.infer<typeof check>[]
}

/** A scenario that waits for what never comes is given up after this. */
const scenarioTimeoutMs = 3000

/**
 * Runs `@modelcontextprotocol/conformance` against `url`.
 * @param what its own options, such as `['--requirements', '2026-07-28']`
 */
export const runSuite = async (url: string, what: readonly string[], baseline: Baseline): Promise<Verdict> => {
  using folder = temporaryFolder()
  const expected = path.join(folder.path, 'expected.yml')
  const results = path.join(folder.path, 'results')
  // JSON is YAML; a list of strings in it, too.
  await writeFile(expected, JSON.stringify({ server: Object.keys(baseline) }))
  const timeout = String(scenarioTimeoutMs)
  const options = ['--url', url, '--timeout', timeout, '--expected-failures', expected, '-o', results, ...what]
  const child = spawn(process.execPath, [program, 'server', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')

  const scenarios = await readChecks(results)
  const hasFailed = ({ checks }: Scenario): boolean => checks.some(({ status }) => status === 'FAILURE')
  return {
    ok: child.exitCode === 0,
    output,
    passed: scenarios.filter((scenario) => !hasFailed(scenario)).map(({ name }) => name),
    failed: scenarios.filter(hasFailed).map(({ name }) => name),
    passedChecks: scenarios.flatMap(({ checks }) => checks).filter(({ status }) => status === 'SUCCESS').length,
  }
}

/** The scenarios that a server must pass to conform to a revision, as the suite has frozen them. */
export const requiredScenarios = async (revision: string): Promise<string[]> => {
  const file = path.join(path.dirname(program), '../requirements', `${revision}.yaml`)
  return z.object({ server: z.array(z.string()) }).parse(parse(await readFile(file, 'utf8'))).server
}

/** The suite writes a folder a scenario: `server-<name>-<time>`. */
const readChecks = async (folder: string): Promise<Scenario[]> => {
  const folders = await readdir(folder).catch(() => [])
  return Promise.all(
    folders.map(async (name) => ({
      name: name.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, ''),
      checks: z.array(check).parse(JSON.parse(await readFile(path.join(folder, name, 'checks.json'), 'utf8'))),
    })),
  )
}
