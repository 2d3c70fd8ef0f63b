import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createProgress } from '../../src/mcp/progress.ts'

const record = () => {
  const notes: { atMs: number; progress: number; message: string }[] = []
  const clock = { nowMs: 0, now: () => clock.nowMs }
  const progress = createProgress((note) => {
    notes.push({ atMs: clock.nowMs, ...note })
    return Promise.resolve()
  }, clock)
  return { notes, clock, progress }
}

test('notes come at most ten a second, grow, and join to a prefix of the text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ waitMs: fc.nat(300), text: fc.string() })), async (pieces) => {
      const { notes, clock, progress } = record()
      for (const { waitMs, text } of pieces) {
        clock.nowMs += waitMs
        await progress(text)
      }
      const whole = pieces.map(({ text }) => text).join('')
      expect(whole.startsWith(notes.map(({ message }) => message).join(''))).toBe(true)
      for (const [index, note] of notes.entries()) {
        const before = notes[index - 1]
        expect(note.atMs - (before?.atMs ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(100)
        expect(note.progress).toBeGreaterThan(before?.progress ?? 0)
      }
    }),
  )
})

test('the first text is told at once, what follows within 100 ms goes with the next', async () => {
  const { notes, clock, progress } = record()
  await progress('one ')
  clock.nowMs = 40
  await progress('two ')
  clock.nowMs = 99
  await progress('three ')
  clock.nowMs = 100
  await progress('four')
  expect(notes).toEqual([
    { atMs: 0, progress: 4, message: 'one ' },
    { atMs: 100, progress: 18, message: 'two three four' },
  ])
})

test('a note that cannot be delivered harms nothing', async () => {
  const progress = createProgress(() => Promise.reject(new Error('closed')), { now: () => 0 })
  await expect(progress('text')).resolves.toBeUndefined()
})
