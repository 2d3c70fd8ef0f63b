import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createChecks } from '../../../src/cli/doctor/checks/index.ts'
import { verdicts } from '../../../src/cli/doctor/finding.ts'
import { reportSchema } from '../../../src/cli/doctor/report.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { projectRoot } from '../../support/app.ts'

const page = readFileSync(path.join(projectRoot, 'docs/doctor.md'), 'utf8')
const firstCells = (heading: string): string[] => {
  const [, section = ''] = page.split(`## ${heading}\n`)
  return [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell)
}

test('the page tells of every check, in their order', () => {
  expect(firstCells('What it looks at')).toEqual(['reach', ...new Set(createChecks(Date.now).map(({ name }) => name))])
})

test('the page tells of every verdict', () => {
  for (const verdict of verdicts) expect(page).toContain(`| \`${verdict}\` |`)
  expect(firstCells('Verdicts and exit codes')).toHaveLength(verdicts.length)
})

test('the page tells of every flag', () => {
  const doctor = createProgram().commands.find((command) => command.name() === 'doctor')
  const flags = doctor?.options.filter(({ hidden }) => !hidden).map(({ long }) => long) ?? []
  expect(flags.length).toBeGreaterThan(6)
  for (const flag of flags) expect(page).toContain(flag)
})

test("the page's report is one", () => {
  const [, example = ''] = /```json\n([^]*?)```/.exec(page) ?? []
  const report = reportSchema.parse(JSON.parse(example))
  const checks = new Set(createChecks(Date.now).map(({ name }) => name))
  for (const { check } of report.findings) expect(checks).toContain(check)
})
