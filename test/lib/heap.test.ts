import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHeap } from '../../src/lib/heap.ts'

interface Item {
  rank: number
}

const order = fc.oneof(
  fc.record({ kind: fc.constant('add'), rank: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ kind: fc.constant('remove'), rank: fc.nat() }),
  fc.record({ kind: fc.constant('move'), rank: fc.nat() }),
)

test('the least is always first, whatever came, changed or went', () => {
  fc.assert(
    fc.property(fc.array(order, { maxLength: 80 }), (orders) => {
      const heap = createHeap<Item>((a, b) => a.rank < b.rank)
      const model: Item[] = []
      for (const { kind, rank } of orders) {
        const chosen = model[rank % Math.max(1, model.length)]
        if (kind === 'add') {
          const item = { rank }
          model.push(item)
          heap.add(item)
          heap.add(item)
        } else if (chosen && kind === 'remove') {
          model.splice(model.indexOf(chosen), 1)
          heap.remove(chosen)
          heap.remove(chosen)
        } else if (chosen) {
          chosen.rank = rank % 20
          heap.move(chosen)
        }
        expect(heap.size).toBe(model.length)
        expect(heap.least()?.rank).toBe(model.toSorted((a, b) => a.rank - b.rank)[0]?.rank)
      }
    }),
  )
})
