import { readdirSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { plainPrinter, tablePrinter } from '../../src/cli/demo/print.ts'
import { openStage } from '../../src/cli/demo/stage.ts'
import type { Stop } from '../../src/cli/demo/stop.ts'
import { failover } from '../../src/cli/demo/stops/failover.ts'
import { stops } from '../../src/cli/demo/stops/index.ts'
import { limit } from '../../src/cli/demo/stops/limit.ts'
import { tour } from '../../src/cli/demo/tour.ts'
import { run } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const never = new AbortController().signal
const sight = { asked: 'a', seen: 'b', why: null, costUsd: null, broken: null }
const calm: Stop = {
  name: 'calm',
  async *visit() {
    yield sight
  },
}

test('the demo tours every stop as told, in plain text, and leaves nothing behind', async () => {
  using folder = temporaryFolder()
  // Whatever the shell says of providers and keys is not the demo's business.
  const env = { TMPDIR: folder.path, OPENAI_API_KEY: 'sk-not-to-be-used', PROVIDERS: 'openai', PORT: 'nonsense' }
  const { code, stdout, stderr } = await run(['demo'], env).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain('\u001b')
  expect(stdout).toContain('2026-07-28')
  expect(stdout).toContain('unified_completion')
  for (const task of ['translation', 'code', 'math'])
    expect(stdout).toMatch(new RegExp(`seen: ${task} → \\S+:\\S+, \\$0\\.`))
  expect(stdout.match(/why: \d+ % sure/g)).toHaveLength(3)
  expect(stdout).toMatch(/seen: cache exact, saved \$0\.\d*[1-9]\d*, \$0\.000000000/)
  expect(stdout).toMatch(/(\S+) closed the connection \d times; then (?!\1)\S+ was asked/)
  expect(stdout).toMatch(/seen: ([2-9]|\d\d+) progress notes/)
  expect(stdout).toContain('refused: limit_unsatisfiable')
  expect(stdout).toMatch(/bill: .*\n {2}seen: 6 answers, 1 from the cache/)
  expect(stdout).toContain('Every stop went as told')
  expect(readdirSync(folder.path)).toEqual([])
})

test('a stop that fails is said to, the others are visited all the same, and the tour counts it', async () => {
  await using stage = await openStage()
  const thrower: Stop = {
    name: 'thrower',
    async *visit() {
      yield sight
      throw new Error('the bridge is out')
    },
  }
  let text = ''
  const write = (more: string): void => void (text += more)
  expect(await tour(stage, [thrower, calm], { printer: plainPrinter, write }, never)).toBe(1)
  expect(text).toContain('the bridge is out')
  expect(text).toContain('NOT AS TOLD')
  expect(text).toContain('calm: a')
  expect(text).toContain('1 of the stops did not go as told')
})

test('what does not happen is not told: every provider down, and a limit that is kept for want of an answer', async () => {
  await using stage = await openStage()
  stage.sandbox.setFault({}, { kind: 'status', status: 400 })
  const write = (): void => {}
  expect(await tour(stage, [failover], { printer: plainPrinter, write }, never)).toBe(1)
  expect(await tour(stage, [limit], { printer: plainPrinter, write }, never)).toBe(0)
})

test('a stopped tour ends with the reason', async () => {
  await using stage = await openStage()
  const controller = new AbortController()
  const stopper: Stop = {
    name: 'stopper',
    async *visit() {
      controller.abort(new Error('told to stop'))
      yield sight
      controller.signal.throwIfAborted()
    },
  }
  const write = (): void => {}
  await expect(tour(stage, [stopper, calm], { printer: plainPrinter, write }, controller.signal)).rejects.toThrow(
    'told',
  )
})

test('a terminal gets a table within its width, whatever a server calls its things', () => {
  const printer = tablePrinter(110)
  const long = { ...sight, asked: 'x'.repeat(300), seen: '\u001b[2Jgone', why: 'because '.repeat(40), broken: 'y' }
  const text =
    printer.opening({ url: 'http://127.0.0.1:1', protocol: '2026-07-28' }) + printer.sight('stop', long, 12.3)
  expect(text).not.toContain('\u001b[2J')
  expect(text).toContain('not as told: y')
  for (const line of text.split('\n')) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(112)
})

test('the tour has no stop twice', () => {
  expect(new Set(stops.map(({ name }) => name)).size).toBe(stops.length)
})
