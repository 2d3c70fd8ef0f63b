import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const leave = { allowedSkips: { 'group > may be left out': 'a reason', 'whole group': 'another' } }

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const passing = "test('passes', () => expect(1).toBe(1))"
const failing = "test('fails', () => expect(1).toBe(2))"
const skipped = "describe('group', () => test.skip('may be left out', () => {}))"

test.each([
  ['counts what passed, failed and was skipped', [passing, failing, skipped], '1 passed, 1 failed, 1 skipped', 1],
  ['lets a run pass whose skips have leave', [passing, skipped], '1 passed, 0 failed, 1 skipped', 0],
  [
    'lets a run pass that skips a group which has leave',
    [passing, "describe('whole group', () => { test.skip('one', () => {}); test.skip('two', () => {}) })"],
    '1 passed, 0 failed, 2 skipped',
    0,
  ],
  [
    'fails a run that skips a group of which only a test has leave',
    [passing, skipped, "describe('group', () => test.skip('another', () => {}))"],
    '1 passed, 0 failed, 2 skipped',
    1,
  ],
  [
    'fails a run that skips a test without leave',
    [passing, "test.skip('new', () => {})"],
    '1 passed, 0 failed, 1 skipped',
    1,
  ],
  ['fails a run in which nothing was executed', [skipped], '0 passed, 0 failed, 1 skipped', 1],
  [
    'counts a file that breaks before its tests',
    [passing, "throw new Error('broken')"],
    '0 passed, 1 failed, 0 skipped',
    1,
  ],
  [
    'counts a group whose preparation breaks',
    [passing, "describe('g', () => { beforeAll(() => { throw new Error('x') }); test('a', () => {}) })"],
    '1 passed, 1 failed, 1 skipped',
    1,
  ],
  [
    'counts an error that no test waited for',
    [passing, "void Promise.reject(new Error('lost'))"],
    '1 passed, 1 failed, 0 skipped',
    1,
  ],
])('the closing line %s', async (_what, lines, closing, exitCode) => {
  const { code, stdout } = await runVitest(lines.join('\n'), leave)
  expect(stdout.trimEnd().split('\n').at(-1), stdout).toBe(closing)
  expect(code).toBe(exitCode)
})

test('a skip without leave is named', async () => {
  const { stderr } = await runVitest(`${passing}\ntest.skip('new', () => {})`, leave)
  expect(stderr).toContain('skipped without leave (test/allowed-skips.json): new')
})

/** Runs vitest on one made-up test file, with the closing line in its strict form. */
async function runVitest(body: string, options: object): Promise<{ code: unknown; stdout: string; stderr: string }> {
  // Beside the real tests, so that vitest is found from there.
  const parent = path.join(root, 'node_modules/.cache')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(path.join(parent, 'closing-line-'))
  folders.push(folder)
  writeFileSync(
    path.join(folder, 'one.spec.ts'),
    `import { beforeAll, describe, expect, test } from 'vitest'\n${body}\n`,
  )
  const reporter = path.join(root, 'test/support/closing-line.ts')
  writeFileSync(
    path.join(folder, 'vitest.config.ts'),
    `import { closingLine } from '${reporter}'
    export default { test: { include: ['**/one.spec.ts'], exclude: [], reporters: ['default', closingLine(${JSON.stringify({ strict: true, ...options })})] } }`,
  )
  return new Promise((resolve) => {
    const words = [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder]
    execFile(process.execPath, words, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}
