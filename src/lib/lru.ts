/** What was worked out before, by key. */
export interface Lru<Key, Value extends {}> {
  /** The value of a key, worked out by `make` where it is not there. One that weighs too much is made anew each time. */
  get(key: Key, make: () => Value): Value
  /** The value of a key where it is there; it counts as used. */
  find(key: Key): Value | undefined
  keep(key: Key, value: Value): void
}

/**
 * A bounded memory for what costs more to make than to keep. It has two generations: what is used comes into the young
 * one, and when that weighs half of `max` it becomes the old one, whose unused rest goes. So whatever was used among the
 * last `max / 2` is there, and nothing is ever sorted, linked or searched for: a Map that deletes its oldest key at every
 * turn gets slow, since its iterator steps over all that was deleted before.
 * @param options.max all weights together
 * @param options.weigh a key's weight; each weighs 1 unless said
 */
export const createLru = <Key, Value extends {}>(options: {
  max: number
  weigh?: (key: Key) => number
}): Lru<Key, Value> => {
  const { max, weigh = () => 1 } = options
  let young = new Map<Key, Value>()
  let old = new Map<Key, Value>()
  let weight = 0

  const keep = (key: Key, value: Value): void => {
    const own = weigh(key)
    if (own > max / 2) return
    if (weight + own > max / 2) {
      old = young
      young = new Map()
      weight = 0
    }
    young.set(key, value)
    weight += own
  }

  const find = (key: Key): Value | undefined => {
    const known = young.get(key)
    if (known !== undefined) return known
    const value = old.get(key)
    if (value !== undefined) keep(key, value)
    return value
  }

  return {
    get: (key, make) => {
      const known = find(key)
      if (known !== undefined) return known
      const value = make()
      keep(key, value)
      return value
    },
    find,
    keep,
  }
}
