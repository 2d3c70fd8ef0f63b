import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openCountingSandbox } from '../../src/open-parts.ts'
import { projectRoot } from '../support/app.ts'
import { cellsOf, measure, scopes, tables } from './faults/measure.ts'
import type { Column } from './faults/measure.ts'
import { ourGateway } from './faults/our-gateway.ts'
import { describeOutcome, judge } from './faults/outcome.ts'
import { situationsFor } from './faults/situations.ts'

const patience = { silenceMs: 600, callerMs: 10_000 }
const published = readFileSync(path.join(projectRoot, 'docs/reliability.md'), 'utf8')

describe('what a caller of this gateway sees of fifteen things that providers do wrong', () => {
  let column: Column

  beforeAll(async () => {
    await using sandbox = await openCountingSandbox({ keepRequests: Number.POSITIVE_INFINITY })
    await using contender = ourGateway({
      sandboxUrl: sandbox.url,
      patience,
      change: (config) => ({ ...config, resilience: { ...config.resilience, baseDelayMs: 1 } }),
    })
    column = await measure({ sandbox, contender, patience })
  }, 120_000)

  describe.each(scopes)('where %s of two deployments fail', (scope) => {
    test.each(situationsFor(patience).map(({ name }, index) => [name, index] as const))('%s', (name, index) => {
      const row = column.rows[scope][index]
      for (const outcome of [row?.stream, row?.plain])
        expect(outcome?.kind).toMatch(/^(answered|answered elsewhere|clean error)$/)
      // What the document says is what happens.
      const lines = published.split('\n').filter((line) => line.startsWith(`| ${name} `))
      const cells = lines[scopes.indexOf(scope)]?.split('|').map((cell) => cell.trim())
      expect(cells?.slice(2, 4)).toEqual(cellsOf(row))
    })
  })

  test('with another deployment there, no plain request fails', () => {
    expect(column.rows.first.filter(({ plain }) => !plain.kind.startsWith('answered'))).toEqual([])
  })

  test('the tables have a line for every situation', () => {
    const lines = tables([column]).split('\n')
    for (const { name } of situationsFor(patience))
      expect(lines.filter((line) => line.startsWith(`| ${name} `))).toHaveLength(scopes.length)
  })
})

describe('the judge', () => {
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  const [head, tail, stop] = [chunk({ content: 'All ' }), chunk({ content: 'well.' }), chunk({}, 'stop')]
  const error = 'data: {"error":{"message":"It broke.","code":"cut"}}\n\n'

  test.each<[string, string, string]>([
    ['answered', 'a whole stream', `${head}${tail}${stop}data: [DONE]\n\n`],
    ['answered', 'a stream without [DONE]', `${head}${tail}${stop}`],
    ['error: event cut', 'an error event', `${head}${error}`],
    ['**broken**: ends well without the whole answer', 'a clean end over a broken stream', `${head}data: [DONE]\n\n`],
    ['**broken**: ends well with a part missing', 'a missing piece', `${head}${stop}data: [DONE]\n\n`],
    ['**broken**: an event that is not JSON', 'a broken event', `${head}data: {"cho\n\n${tail}${stop}`],
    ['**broken**: an event of no known shape', 'a mistyped event', `${head}data: {"choices":"x"}\n\n${tail}${stop}`],
    ['**broken**: 200 with a web page', 'a web page', '<!doctype html>'],
  ])('says "%s" of %s', (said, _what, text) => {
    expect(describeOutcome(judge({ status: 200, text, ending: 'complete' }, true, 'All well.'))).toBe(said)
  })

  test.each<[string, number, string]>([
    ['answered', 200, '{"choices":[{"message":{"content":"All well."},"finish_reason":"stop"}]}'],
    ['**broken**: 200 without the answer', 200, '{"choices":[{"message":{"content":"All"},"finish_reason":"stop"}]}'],
    ['**broken**: 200 with half a JSON text', 200, '{"choices":[{"mess'],
    ['**broken**: 200 with a web page', 200, '<html>'],
    ['**broken**: an error under status 200', 200, '{"error":{"message":"It broke."}}'],
    ['error: 502 cut', 502, '{"error":{"message":"It broke.","code":"cut"}}'],
    ['error: 500', 500, '{"error":{"message":"It broke.","code":null}}'],
    ['error: 500 of another shape', 500, '{"status":"failure"}'],
    ['**broken**: 502 without JSON', 502, '<html>'],
  ])('says "%s" of a plain %i', (said, status, text) => {
    expect(describeOutcome(judge({ status, text, ending: 'complete' }, false, 'All well.'))).toBe(said)
  })

  test('tells a connection that broke from one that hangs', () => {
    const heard = { status: 200, text: head } as const
    expect(describeOutcome(judge({ ...heard, ending: 'dropped' }, true, 'All well.'))).toBe('dropped')
    expect(describeOutcome(judge({ ...heard, ending: 'hang' }, true, 'All well.'))).toBe('**broken**: hangs')
    expect(describeOutcome(judge({ status: null, text: '', ending: 'dropped' }, false, ''))).toBe('dropped')
  })
})
