import type { Neighbour, NeighbourQuery } from '../contract/near.ts'
import type { IndexFacts } from '../contract/perception.ts'
import { createPartition } from './partition.ts'
import type { Partition, PartitionRules } from './partition.ts'
import type { IndexChange } from './protocol.ts'
import { isComparable } from './vector.ts'

/** The index of every partition: each is an object of its own, so that nothing of one can be found from another. */
export interface Indexes {
  /** While they are held, what changes waits for `release`. */
  change(changes: readonly IndexChange[]): void
  search(query: NeighbourQuery): readonly Neighbour[]
  /** Moves what is new into graphs until `untilMs` (of `performance.now()`). Says whether anything is left to do. */
  tend(untilMs: number): boolean
  /** Marks all that is there as doubtful: what is neither confirmed nor added before `sweep` is removed by that. */
  doubt(): void
  /**
   * Ends the doubt about entries that the store has; returns those that are not here. By their ids alone: these are drawn at
   * random with the question itself, which an entry may lose but never changes, and so never its partition.
   */
  confirm(ids: readonly string[]): readonly string[]
  /** Returns how many it removed. */
  sweep(): number
  /** Nothing changes until the returned function is called. */
  hold(): () => void
  partitions(): ReadonlyMap<string, Partition>
  facts(): Omit<IndexFacts, 'withoutGraphs'>
}

/** For the objects of an entry and of a partition, beside the vectors. */
const [entryBytes, partitionBytes] = [300, 800]

/** @param partitions what a snapshot held */
export const createIndexes = (rules: PartitionRules, partitions = new Map<string, Partition>()): Indexes => {
  const places = new Map<string, string>()
  const untidy = new Set<Partition>()
  let doubtful = new Set<string>()
  let held: IndexChange[] | null = null
  let refused = 0

  for (const [name, partition] of partitions) {
    const { flat, graph } = partition.parts()
    for (const id of [...flat.ids(), ...(graph?.ids() ?? [])]) places.set(id, name)
    untidy.add(partition)
  }

  const add = ({ id, partition: name, vector }: Extract<IndexChange, { kind: 'add' }>): void => {
    doubtful.delete(id)
    if (!isComparable(vector, rules.dimensions)) {
      refused += 1
      return
    }
    // Entries never change: one that a snapshot brought is the same.
    if (places.get(id) === name) return
    remove(id)
    const partition = partitions.get(name) ?? createPartition(rules)
    partition.add(id, vector)
    partitions.set(name, partition)
    places.set(id, name)
    if (partition.untidy() > 0) untidy.add(partition)
  }

  const remove = (id: string): void => {
    const name = places.get(id)
    const partition = name === undefined ? undefined : partitions.get(name)
    if (name === undefined || !partition) return
    partition.remove(id)
    places.delete(id)
    doubtful.delete(id)
    if (partition.size() > 0) {
      untidy.add(partition)
    } else {
      partitions.delete(name)
      untidy.delete(partition)
    }
  }

  const change = (changes: readonly IndexChange[]): void => {
    for (const one of changes)
      if (held) held.push(one)
      else if (one.kind === 'add') add(one)
      else remove(one.id)
  }

  return {
    change,
    search: ({ partition, vector, count, minCosine }) => {
      if (!isComparable(vector, rules.dimensions)) throw new Error('not a vector that can be compared')
      return partitions.get(partition)?.search({ vector, count, minCosine }) ?? []
    },
    tend: (untilMs) => {
      if (held) return false
      for (const partition of untidy) {
        while (partition.tend()) if (performance.now() >= untilMs) return true
        untidy.delete(partition)
      }
      return false
    },
    doubt: () => {
      doubtful = new Set(places.keys())
    },
    confirm: (ids) =>
      ids.filter((id) => {
        doubtful.delete(id)
        return !places.has(id)
      }),
    sweep: () => {
      const gone = [...doubtful].map((id) => ({ kind: 'remove', id }) as const)
      doubtful = new Set()
      change(gone)
      return gone.length
    },
    hold: () => {
      held ??= []
      return () => {
        const waited = held ?? []
        held = null
        change(waited)
      }
    },
    partitions: () => partitions,
    facts: () => {
      const all = [...partitions.values()]
      return {
        entries: places.size,
        partitions: all.length,
        graphs: all.filter((partition) => partition.parts().graph).length,
        untidy: all.reduce((sum, partition) => sum + partition.untidy(), 0),
        refused,
        bytes: all.reduce((sum, partition) => sum + partition.bytes() + partitionBytes, places.size * entryBytes),
      }
    },
  }
}
