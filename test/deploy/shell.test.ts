import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { projectRoot } from '../support/app.ts'

// shellcheck takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const scripts = globSync('deploy/**/*.sh', { cwd: projectRoot }).toSorted()
const has = spawnSync('shellcheck', ['--version']).status === 0
// Where everything is to be proved, its absence is no excuse.
const mayBeAbsent = process.env['CI'] !== 'true'

const check = (input: string) =>
  spawnSync('shellcheck', ['--shell=bash', '--exclude=SC1091', '-'], { input, cwd: projectRoot, encoding: 'utf8' })

test('the scripts are shell', () => {
  expect(scripts.length).toBeGreaterThan(4)
  for (const script of scripts)
    expect(spawnSync('bash', ['-n', path.join(projectRoot, script)], { encoding: 'utf8' }).stderr, script).toBe('')
})

test('a script that is run stops at the first fault', () => {
  for (const script of scripts.filter((file) => !file.includes('/lib/')))
    expect(readFileSync(path.join(projectRoot, script), 'utf8'), script).toMatch(
      /^#!\/usr\/bin\/env bash\n[^]*\nset -euo pipefail\n/,
    )
})

describe.skipIf(!has && mayBeAbsent)(
  'shellcheck (skipped where it is not installed: apt-get install shellcheck)',
  () => {
    test('finds nothing in the scripts', () => {
      const { status, stdout } = spawnSync('shellcheck', ['-x', ...scripts], { cwd: projectRoot, encoding: 'utf8' })
      expect(stdout).toBe('')
      expect(status).toBe(0)
    })

    test.each([
      ['a word that falls apart', 'echo $PROJECT', 'SC2086'],
      ['a test that is always true', '[[ -n "$DRY_RUN " ]] && exit; [ $x == ]', 'SC'],
      ['a variable that is never set', '#!/usr/bin/env bash\necho "$projcet"', 'SC2154'],
    ])('finds %s', (_what, text, code) => {
      expect(check(text).stdout).toContain(code)
    })
  },
)
