import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCall } from '../providers/calls.ts'
import { losses } from './losses.ts'
import type { Loss } from './losses.ts'
import { meaning, plainly } from './meaning.ts'
import type { Meaning } from './meaning.ts'
import { dialects, faces, spoken } from './wires.ts'
import type { WireName } from './wires.ts'

const numRuns = Number(process.env['ROUND_TRIPS'] ?? 100)
const keysOf = <Key extends string>(table: Readonly<Partial<Record<Key, unknown>>>): Key[] =>
  Object.keys(table) as Key[]

/** The meaning after these losses, and those of them that changed it. */
const after = (given: Meaning, suffered: readonly Loss[]): { left: Meaning; real: Loss[] } => {
  let left = plainly(given)
  const real: Loss[] = []
  for (const loss of suffered) {
    const next = loss.lose(left)
    if (!isSame(next, left)) real.push(loss)
    left = next
  }
  return { left, real }
}
const isSame = (one: Meaning, other: Meaning): boolean => JSON.stringify(one) === JSON.stringify(other)
const on = (wire: WireName, sides: readonly Loss['side'][]): Loss[] =>
  losses.filter((loss) => loss.wire === wire && sides.includes(loss.side))

describe.each(keysOf(spoken).filter((wire) => spoken[wire].write !== null))('%s', (wire) => {
  test('is understood here as it is written here', () => {
    const { write, read } = spoken[wire]
    fc.assert(
      fc.property(meaning, (meant) => {
        expect(plainly(read(write?.(meant) ?? {}))).toEqual(after(meant, on(wire, ['both'])).left)
      }),
      { numRuns },
    )
  })
})

describe.each(keysOf(faces))('what enters as %s', (face) => {
  describe.each(keysOf(dialects))('and leaves as %s', (wire) => {
    const seen = new Set<Loss>()

    test('means the same, but for the permitted losses, each told', () => {
      const property = fc.property(meaning, (meant) => {
        const said = after(meant, on(face, ['both']))
        const { left, real } = after(said.left, on(wire, ['both', 'out']))
        for (const loss of real) seen.add(loss)
        const request = faces[face]?.(spoken[face].write?.(meant) ?? {})
        if (!request) throw new Error(`Nobody reads ${face}.`)
        const { body, warnings } = dialects[wire](makeCall({ request, stream: false }))
        expect(plainly(spoken[wire].read(body))).toEqual(left)
        const told = real.flatMap((loss) => (loss.told === null ? [] : [loss.told]))
        expect(new Set(warnings.map(({ param }) => param))).toEqual(new Set(told))
      })
      fc.assert(property, { numRuns })
    })

    test('every loss of the table is suffered', () => {
      const suffered = on(wire, ['both', 'out']).filter(
        // What the face could not say is not there to be lost.
        (loss) => !on(face, ['both']).some(({ what }) => what === loss.what),
      )
      expect([...seen]).toEqual(expect.arrayContaining(suffered))
    })
  })
})
