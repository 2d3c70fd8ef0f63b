import type { Neighbour } from '../contract/near.ts'
import { createBest } from './best.ts'
import { createFlat } from './flat.ts'
import type { Flat } from './flat.ts'
import { createGraph } from './hnsw.ts'
import type { Addon, Graph } from './hnsw.ts'

/** What lies near in one partition. Vectors are comparable when they come here. */
export interface Partition {
  size(): number
  bytes(): number
  has(id: string): boolean
  add(id: string, vector: Float32Array): void
  remove(id: string): boolean
  search(query: { vector: Float32Array; count: number; minCosine: number }): readonly Neighbour[]
  /** How many wait for `tend`: nothing is missing from answers meanwhile. */
  untidy(): number
  /** One small piece of the work that keeps it fast; false when there is none. */
  tend(): boolean
  /** For a snapshot, which must be done with them before the next change. */
  parts(): { flat: Flat; graph: Graph | null }
}

export interface PartitionRules {
  /** Null where there is none: then everything stays flat. */
  addon: Addon | null
  dimensions: number
  /** So many are looked through one by one; above it a graph is built. */
  flatBound: number
}

/** Of what a graph holds, dead; then it is built anew. */
const deadShare = 0.25
/** Below this part of the bound a graph is given up: not at the bound itself, where one more or less would build it again. */
const returnShare = 0.5

/**
 * What is new is flat, and so are all of a small partition. Above the bound `tend` moves one after the other into a graph,
 * and both are asked, so that answers are whole at every moment. A graph with many dead is built anew beside the old one,
 * which serves until the new one has everything.
 */
export const createPartition = (
  rules: PartitionRules,
  parts: { flat: Flat; graph: Graph | null } = { flat: createFlat(rules.dimensions), graph: null },
): Partition => {
  const { addon, dimensions, flatBound } = rules
  const { flat } = parts
  let { graph } = parts
  let renewal: { graph: Graph; rest: IterableIterator<string, undefined> } | null = null
  let isReturning = false

  const size = (): number => flat.size() + (graph?.size() ?? 0)

  const remove = (id: string): boolean => {
    renewal?.graph.remove(id)
    const wasFlat = flat.remove(id)
    return (graph?.remove(id) ?? false) || wasFlat
  }

  const renew = ({ graph: next, rest }: NonNullable<typeof renewal>): void => {
    const turn = rest.next()
    if (turn.done) {
      graph = next
      renewal = null
      return
    }
    const vector = graph?.read(turn.value)
    if (vector) next.add(turn.value, vector)
  }

  const giveBack = (from: Graph): void => {
    for (const id of from.ids()) {
      const vector = from.read(id)
      if (vector) flat.add(id, vector)
      from.remove(id)
      return
    }
    graph = null
    isReturning = false
  }

  return {
    size,
    bytes: () => flat.bytes() + (graph?.bytes() ?? 0) + (renewal?.graph.bytes() ?? 0),
    has: (id) => flat.has(id) || (graph?.has(id) ?? false),
    add: (id, vector) => {
      remove(id)
      flat.add(id, vector)
    },
    remove,
    search: ({ vector, count, minCosine }) => {
      const best = createBest({ count, minCosine })
      graph?.search(vector, count, best)
      flat.search(vector, best)
      return best.list()
    },
    untidy: () => (graph || (addon && flat.size() > flatBound) ? flat.size() : 0),
    tend: () => {
      if (!addon) return false
      if (!graph) {
        if (flat.size() <= flatBound) return false
        graph = createGraph(addon, dimensions)
        return true
      }
      if (renewal) {
        renew(renewal)
        return true
      }
      isReturning ||= graph.size() > 0 && size() <= flatBound * returnShare
      if (isReturning || graph.size() + flat.size() === 0) {
        giveBack(graph)
        return true
      }
      if (graph.dead() > (graph.size() + graph.dead()) * deadShare) {
        renewal = { graph: createGraph(addon, dimensions), rest: graph.ids() }
        return true
      }
      const last = flat.last()
      if (!last) return false
      graph.add(last.id, last.vector)
      flat.remove(last.id)
      return true
    },
    parts: () => ({ flat, graph }),
  }
}
