/** What was worked out before, by key: the least recently used goes first. */
export interface Lru<Key, Value extends {}> {
  /** The value of a key, worked out by `make` where it is not there. One that weighs too much is made anew each time. */
  get(key: Key, make: () => Value): Value
  clear(): void
}

/**
 * A bounded memory for what costs more to make than to keep.
 * @param options.max all weights together
 * @param options.weigh a key's weight; each weighs 1 unless said
 */
export const createLru = <Key, Value extends {}>(options: {
  max: number
  weigh?: (key: Key) => number
}): Lru<Key, Value> => {
  const { max, weigh = () => 1 } = options
  // A Map gives its keys in the order in which they were set.
  const kept = new Map<Key, Value>()
  let weight = 0

  const keep = (key: Key, value: Value): void => {
    const own = weigh(key)
    if (own > max) return
    kept.set(key, value)
    weight += own
    for (const oldest of kept.keys()) {
      if (weight <= max) return
      kept.delete(oldest)
      weight -= weigh(oldest)
    }
  }

  return {
    get: (key, make) => {
      const known = kept.get(key)
      if (known === undefined) {
        const made = make()
        keep(key, made)
        return made
      }
      kept.delete(key)
      kept.set(key, known)
      return known
    },
    clear: () => {
      kept.clear()
      weight = 0
    },
  }
}
