import type { Best } from './best.ts'
import { dot } from './vector.ts'

/** Vectors one after the other, all of which are looked at: exact, and cheap to change. */
export interface Flat {
  size(): number
  bytes(): number
  has(id: string): boolean
  /** An id that is there already gets another vector. */
  add(id: string, vector: Float32Array): void
  remove(id: string): boolean
  search(vector: Float32Array, best: Best): void
  /** The one that is the cheapest to remove. */
  last(): { id: string; vector: Float32Array } | null
  ids(): readonly string[]
  /** All of them in the order of `ids`; only until the next change. */
  vectors(): Float32Array
}

/** There are thousands of these with a question or two: they begin small. */
const firstRows = 2
const growth = 1.5

/**
 * 32-bit floats: bytes with a scale are no faster to look through here, and would cost a thousandth of the cosine.
 * @param kept what it begins with, and owns from then on: different ids, and their vectors in this order
 */
export const createFlat = (
  dimensions: number,
  kept: { ids: string[]; vectors: Float32Array<ArrayBuffer> } = { ids: [], vectors: new Float32Array(0) },
): Flat => {
  const { ids } = kept
  const places = new Map(ids.map((id, place) => [id, place]))
  let rows = kept.vectors

  const rowAt = (place: number): Float32Array => rows.subarray(place * dimensions, (place + 1) * dimensions)

  const fit = (count: number): void => {
    const most = rows.length / dimensions
    // A quarter is kept in reserve on the way down, so that nothing is copied to and fro.
    if (count <= most && !(most > 4 * firstRows && count * 4 < most)) return
    const grown = new Float32Array(Math.max(firstRows, Math.ceil(count * growth)) * dimensions)
    grown.set(rows.subarray(0, Math.min(rows.length, count * dimensions)))
    rows = grown
  }

  return {
    size: () => ids.length,
    bytes: () => rows.byteLength,
    has: (id) => places.has(id),
    add: (id, vector) => {
      let place = places.get(id)
      if (place === undefined) {
        place = ids.length
        fit(place + 1)
        ids.push(id)
        places.set(id, place)
      }
      rowAt(place).set(vector)
    },
    remove: (id) => {
      const place = places.get(id)
      if (place === undefined) return false
      // The last one takes the place of the one that goes.
      const lastPlace = ids.length - 1
      const lastId = ids[lastPlace]
      if (lastId !== undefined && place !== lastPlace) {
        rowAt(place).set(rowAt(lastPlace))
        ids[place] = lastId
        places.set(lastId, place)
      }
      ids.pop()
      places.delete(id)
      fit(ids.length)
      return true
    },
    search: (vector, best) => {
      let floor = best.floor()
      for (const [place, id] of ids.entries()) {
        const cosine = dot(rows, place * dimensions, vector)
        if (cosine < floor) continue
        best.offer(id, cosine)
        floor = best.floor()
      }
    },
    last: () => {
      const id = ids.at(-1)
      return id === undefined ? null : { id, vector: rowAt(ids.length - 1) }
    },
    ids: () => ids,
    vectors: () => rows.subarray(0, ids.length * dimensions),
  }
}
