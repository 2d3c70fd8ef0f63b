import { setImmediate as nextTick } from 'node:timers/promises'

interface BatchesOptions<Item> {
  maxItems: number
  /** Writes all or none. */
  write: (items: readonly Item[]) => Promise<void>
  /** Whether items should be tried one by one after this, so that one bad item does not fail its neighbours. */
  isItemsFault: (thrown: unknown) => boolean
}

/** Group commit. */
export interface Batches<Item> {
  /** Resolves when the item is written; rejects as `write` does, for this item or for those before it. */
  add(item: Item): Promise<void>
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
}

type Waiting<Item> = { item: Item } & PromiseWithResolvers<void>

/** One batch is written at a time; what comes meanwhile is in the next one, in order. */
export const createBatches = <Item>({ maxItems, write, isItemsFault }: BatchesOptions<Item>): Batches<Item> => {
  let waiting: Waiting<Item>[] = []
  let working: Promise<void> | null = null

  const writeAlone = async ({ item, resolve, reject }: Waiting<Item>): Promise<void> => {
    try {
      await write([item])
      resolve()
    } catch (thrown) {
      reject(thrown)
    }
  }

  const writeTogether = async (batch: readonly Waiting<Item>[]): Promise<void> => {
    try {
      await write(batch.map(({ item }) => item))
      for (const { resolve } of batch) resolve()
    } catch (thrown) {
      if (isItemsFault(thrown)) {
        if (batch.length === 1) return batch[0]?.reject(thrown)
        for (const one of batch) await writeAlone(one)
        return
      }
      // What waits behind it would only wait as long again for the same end.
      const rest = waiting
      waiting = []
      for (const { reject } of [...batch, ...rest]) reject(thrown)
    }
  }

  const work = async (): Promise<void> => {
    // What is added within one turn of the event loop goes together.
    await nextTick()
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxItems)
      waiting = waiting.slice(maxItems)
      await writeTogether(batch)
    }
    // In the same turn as the last look at `waiting`: an item that comes later finds nobody at work and starts anew.
    working = null
  }

  return {
    add: (item) => {
      const promised = Promise.withResolvers<void>()
      waiting.push({ item, ...promised })
      working ??= work()
      return promised.promise
    },
    idle: async () => {
      while (working) await working
    },
  }
}
