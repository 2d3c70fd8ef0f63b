import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createUsageFilter } from '../../../src/providers/passthrough/stream-usage.ts'

const usageAlone = 'data: {"choices":[],"usage":{"prompt_tokens":1}}'
const event = fc.oneof(
  fc.string({ unit: 'grapheme' }).map((said) => `data: ${JSON.stringify({ choices: [{ delta: { content: said } }] })}`),
  fc.constantFrom(
    ': a comment',
    'data: [DONE]',
    'data: {"choices":[{}],"usage":{"prompt_tokens":1}}',
    'event: x\ndata: 1',
  ),
  fc.constant(usageAlone),
)
const end = fc.constantFrom('\n\n', '\r\n\r\n')
/** Random cuts of a text's bytes. */
const cut = (text: string, lengths: readonly number[]): Uint8Array[] => {
  const bytes = Buffer.from(text)
  const pieces: Uint8Array[] = []
  let at = 0
  for (const length of [...lengths, bytes.length]) {
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

test('the chunk with usage alone is taken out, and every other byte stays, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, end)),
      fc.array(fc.integer({ min: 1, max: 40 })),
      fc.boolean(),
      (events, lengths, isOpen) => {
        const text = events.map((pair) => pair.join('')).join('') + (isOpen ? 'data: {"half' : '')
        const kept = events.filter(([said]) => said !== usageAlone).map((pair) => pair.join(''))
        const filter = createUsageFilter()
        const passed = [...cut(text, lengths).map(filter.pass), filter.rest()]
        expect(Buffer.concat(passed).toString()).toBe(kept.join('') + (isOpen ? 'data: {"half' : ''))
      },
    ),
    { numRuns: 200 },
  )
})

test('what has no end is passed on before it fills the memory', () => {
  const filter = createUsageFilter()
  const piece = Buffer.alloc(100_000, 'x')
  const passed = [piece, piece, piece].map((bytes) => filter.pass(bytes).length)
  expect(passed).toEqual([0, 0, 300_000])
})
