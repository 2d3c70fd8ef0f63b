import type { Neighbour } from '../contract/near.ts'

/** The best of what was offered, at most `count` and none below `minCosine`. */
export interface Best {
  /** Below this an offer is in vain. */
  floor(): number
  offer(id: string, cosine: number): void
  /** The nearest first. */
  list(): readonly Neighbour[]
}

/** Few are wanted: an offer finds its place by looking from the end. */
export const createBest = ({ count, minCosine }: { count: number; minCosine: number }): Best => {
  const found: Neighbour[] = []
  const isFull = (): boolean => found.length >= count

  return {
    floor: () => (isFull() ? (found.at(-1)?.cosine ?? Infinity) : minCosine),
    offer: (id, cosine) => {
      if (!(cosine >= minCosine) || (isFull() && !(cosine > (found.at(-1)?.cosine ?? Infinity)))) return
      if (isFull()) found.pop()
      let at = found.length
      while (at > 0 && (found[at - 1]?.cosine ?? Infinity) < cosine) at--
      found.splice(at, 0, { id, cosine })
    },
    list: () => found,
  }
}
