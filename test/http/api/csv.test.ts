import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeCsv } from '../../../src/http/api/csv.ts'
import { readCsv } from './read-csv.ts'

test('any text comes back as it was, but for an apostrophe before a formula', () => {
  const cell = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('=1+1', '"', '\r\n', ',', '-1', '@x'),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
      const read = readCsv(writeCsv(['a', 'b'], rows))
      expect(read).toEqual([['a', 'b'], ...rows.map((cells) => cells.map(defused))])
    }),
    { numRuns: 200 },
  )
})

/** By another way than the code's: what a spreadsheet does is to skip what cannot be seen and look at one character. */
const defused = (text: string): string => {
  const seen = text.trimStart()[0] ?? ''
  const first = text[0] ?? ''
  return ('=+-@＝＋－＠'.includes(seen) && seen !== '') || ['\t', '\r', '\n'].includes(first) ? `'${text}` : text
}

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', "=cmd|' /C calc'!A0"])(
  '%j cannot run',
  (text) => {
    expect(readCsv(writeCsv(['a'], [[text]]))[1]).toEqual([`'${text}`])
  },
)

test('decimals are numbers, texts are quoted, and lines end as the RFC says', () => {
  expect(writeCsv(['a', 'b', 'c', 'd'], [['x', '0.000020000', 12.5, false]])).toBe(
    '"a","b","c","d"\r\n"x",0.000020000,12.5,false\r\n',
  )
})
