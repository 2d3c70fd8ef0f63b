import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCall } from '../providers/calls.ts'
import { losses, lossesOn, suffer, toldOf } from './losses.ts'
import type { Loss } from './losses.ts'
import { meaning, plainly } from './meaning.ts'
import { dialects, faces, spoken } from './wires.ts'

const numRuns = Number(process.env['ROUND_TRIPS'] ?? 60)
const keysOf = <Key extends string>(table: Readonly<Partial<Record<Key, unknown>>>): Key[] =>
  Object.keys(table) as Key[]

const seen = new Set<Loss>()

describe.each(keysOf(faces))('%s', (wire) => {
  test('is understood here as it is written here', () => {
    const { write, read } = spoken[wire]
    const property = fc.property(meaning, (meant) => {
      expect(plainly(read(write(meant)))).toEqual(suffer(meant, lossesOn(wire, ['both'])).left)
    })
    fc.assert(property, { numRuns })
  })
})

describe.each(keysOf(faces))('what enters as %s', (face) => {
  describe.each(keysOf(dialects))('and leaves as %s', (wire) => {
    test('means the same, but for the permitted losses, each told', () => {
      const property = fc.property(meaning, (meant) => {
        const said = suffer(meant, lossesOn(face, ['both']))
        const { left, real } = suffer(said.left, lossesOn(wire, ['both', 'out']))
        for (const loss of [...said.real, ...real]) seen.add(loss)
        const request = faces[face](spoken[face].write(meant))
        const { body, warnings } = dialects[wire](makeCall({ request, stream: false }))
        expect(plainly(spoken[wire].read(body))).toEqual(left)
        expect(new Set(warnings.map(({ param }) => param))).toEqual(toldOf(real))
      })
      fc.assert(property, { numRuns })
    })
  })
})

test.each(losses.map((loss) => [loss.wire, loss.what, loss] as const))(
  'on %s it is still lost: %s',
  (_wire, _what, loss) => {
    expect(seen).toContain(loss)
  },
)
