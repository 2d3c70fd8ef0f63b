import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createToolIds } from '../../src/providers/tool-ids.ts'

const nine = /^[a-zA-Z0-9]{9}$/

test('every id fits, is shown once, and its result finds it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('call_0', 'abcDEF123'))), (ids) => {
      const toolIds = createToolIds({ pattern: nine, unique: true })
      const shown = ids.map((id) => {
        const fitting = toolIds.ofCall(id)
        expect(toolIds.ofResult(id)).toBe(fitting)
        return fitting
      })
      for (const id of shown) expect(id).toMatch(nine)
      expect(new Set(shown).size).toBe(ids.length)
    }),
  )
})

test('the same conversation always shows the same ids', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (ids) => {
      const [once, again] = [0, 1].map(() => {
        const toolIds = createToolIds({ pattern: nine, unique: true })
        return ids.map((id) => toolIds.ofCall(id))
      })
      expect(again).toEqual(once)
    }),
  )
})
