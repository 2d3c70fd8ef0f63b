import { execFile } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** What continuous integration holds beside the tests: the scripts of package.json, so that both mean the same. */
test.each([
  ['types', 'the types hold'],
  ['lint', 'the linter finds nothing'],
  ['format:check', 'the format is ours'],
  ['dead', 'no code is dead'],
])(
  'npm run %s: %s',
  async (script) => {
    const { failed, output } = await runScript(script)
    expect(failed, output).toBe(false)
  },
  120_000,
)

function runScript(name: string): Promise<{ failed: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--run', name], { cwd: root }, (error, stdout, stderr) => {
      resolve({ failed: error !== null, output: `${stdout}${stderr}` })
    })
  })
}
