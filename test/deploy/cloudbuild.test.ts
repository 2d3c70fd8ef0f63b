import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { projectRoot } from '../support/app.ts'
import { buildFaults } from './support/build-rules.ts'
import { typeFaults } from './support/type-faults.ts'
import type { Loose } from './support/loose.ts'

vi.setConfig({ testTimeout: 120_000 })

const build = (): Loose => parse(readFileSync(path.join(projectRoot, 'cloudbuild.yaml'), 'utf8'))
const stepOf = (it: Loose, id: string) => it.steps.find((step: Loose) => step.id === id)

describe('cloudbuild.yaml', () => {
  test('keeps the rules', () => {
    expect(buildFaults(build(), packageJson.scripts)).toEqual([])
  })

  test("is what Google's types say a build is", async () => {
    const type = ['cloudbuild_v1.Schema$Build', '@googleapis/cloudbuild/build/v1.d.ts'] as const
    expect(await typeFaults(build(), ...type)).toBe('')
    const wrong = build()
    wrong.steps[0].waitfor = ['-']
    expect(await typeFaults(wrong, ...type)).toContain('waitfor')
  })

  test('its shell steps are shell', () => {
    const scripts = build().steps.filter(({ entrypoint }: Loose) => entrypoint === 'bash' || entrypoint === 'sh')
    expect(scripts.length).toBeGreaterThan(2)
    for (const { id, args } of scripts) {
      const { status, stderr } = spawnSync('bash', ['-n'], {
        input: args.at(-1).replaceAll('$$', '$'),
        encoding: 'utf8',
      })
      expect(status, `${id}: ${stderr}`).toBe(0)
    }
  })

  const faults: readonly [string, (build: Loose) => void, RegExp][] = [
    ['an unknown field', (it) => (it.steps[0].entryPoint = 'npm'), /Unrecognized key/],
    ['a builder that is not pinned', (it) => (it.steps[0].name = 'node:latest'), /install is not pinned/],
    ['a step that waits for a later one', (it) => (stepOf(it, 'check').waitFor = ['push']), /no earlier step/],
    [
      'an image that is pushed untested',
      (it) => (stepOf(it, 'push').waitFor = ['check', 'shellcheck', 'build']),
      /push does not wait for image-test/,
    ],
    [
      'a deployment of what was not checked',
      (it) => (stepOf(it, 'deploy').waitFor = ['-']),
      /deploy does not wait for push/,
    ],
    ['a substitution with a slip', (it) => stepOf(it, 'push').args.splice(1, 1, '${_IMGAE}'), /what \$_IMGAE is/],
    [
      'a substitution that manual builds lack',
      (it) => (it.substitutions._IMAGE = 'gateway:$COMMIT_SHA'),
      /what \$COMMIT_SHA is/,
    ],
    ['one that nobody uses', (it) => (it.substitutions._TAG = 'x'), /_TAG is used nowhere/],
    ['no provenance', (it) => delete it.options.requestedVerifyOption, /must have provenance/],
    ['provenance of another image', (it) => (it.images = ['${_SERVICE}']), /is not what has provenance/],
    ['a script that is not there', (it) => (stepOf(it, 'check').args = ['run', 'chekc']), /no script/],
    [
      'a file that is not there',
      (it) => (stepOf(it, 'deploy').args = ['-c', 'deploy/depoly.sh']),
      /which is not there/,
    ],
  ]
  test.each(faults)('its check finds %s', (_what, spoil, words) => {
    const it = build()
    spoil(it)
    expect(buildFaults(it, packageJson.scripts).join('\n')).toMatch(words)
  })
})
