/** Things of which the least is wanted next, whichever of them come, change or go meanwhile. */
export interface Heap<Item> {
  readonly size: number
  /** The least of all; undefined when there is none. */
  least(): Item | undefined
  add(item: Item): void
  /** Puts an item in its place again whose order has changed. */
  move(item: Item): void
  remove(item: Item): void
}

/**
 * A binary heap that knows where each item stands, so that any of them is moved or taken out in logarithmic time.
 * @param isBefore a strict order over the items as they are now
 */
export const createHeap = <Item>(isBefore: (a: Item, b: Item) => boolean): Heap<Item> => {
  const items: Item[] = []
  const placeOf = new Map<Item, number>()

  const put = (item: Item, place: number): void => {
    items[place] = item
    placeOf.set(item, place)
  }

  const rise = (item: Item, from: number): number => {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = items[above]
      if (parent === undefined || !isBefore(item, parent)) break
      put(parent, place)
      place = above
    }
    put(item, place)
    return place
  }

  const sink = (item: Item, from: number): void => {
    let place = from
    for (;;) {
      const left = items[2 * place + 1]
      const right = items[2 * place + 2]
      const isRight = left !== undefined && right !== undefined && isBefore(right, left)
      const lesser = isRight ? right : left
      if (lesser === undefined || !isBefore(lesser, item)) break
      put(lesser, place)
      place = 2 * place + (isRight ? 2 : 1)
    }
    put(item, place)
  }

  const move = (item: Item): void => {
    const place = placeOf.get(item)
    if (place !== undefined) sink(item, rise(item, place))
  }

  return {
    get size() {
      return items.length
    },
    least: () => items[0],
    add: (item) => {
      if (!placeOf.has(item)) rise(item, items.length)
    },
    move,
    remove: (item) => {
      const place = placeOf.get(item)
      const last = items.at(-1)
      if (place === undefined || last === undefined) return
      items.pop()
      placeOf.delete(item)
      if (last === item) return
      put(last, place)
      move(last)
    },
  }
}
