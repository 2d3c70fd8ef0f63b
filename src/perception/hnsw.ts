import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { HierarchicalNSW } from 'hnswlib-node'
import type { Best } from './best.ts'
import { isComparable } from './vector.ts'

/** hnswlib-node, where set-up could build it. */
export interface Addon {
  HierarchicalNSW: typeof HierarchicalNSW
}

/**
 * A graph of neighbours (https://arxiv.org/abs/1603.09320): it looks at a few hundred vectors of a hundred thousand. What is
 * removed stays in it as a dead knot until the graph is built anew.
 *
 * The addon ends the process where it is given what it does not expect, so everything is looked at here first: vectors are
 * comparable, labels are numbers of our own that no two entries ever share, room is made before it is needed, and it gets
 * no function to call.
 */
export interface Graph {
  /** Those that can be found. */
  size(): number
  /** Those that were removed. */
  dead(): number
  bytes(): number
  has(id: string): boolean
  /** @throws Error where the vector is not comparable or the id is there already */
  add(id: string, vector: Float32Array): void
  remove(id: string): boolean
  search(vector: Float32Array, count: number, best: Best): void
  read(id: string): Float32Array | null
  ids(): IterableIterator<string, undefined>
  /** The file holds no ids: `labels` has them. Nothing may be added or removed before it is written. */
  write(file: string): Promise<void>
  labels(): readonly (readonly [id: string, label: number])[]
}

/** Edges of a knot, and how many candidates are looked at to draw and to follow them: recall@1 ≥ 0.99 at 100,000. */
const [edges, candidatesToDraw, candidatesToFollow] = [16, 200, 64]
const firstCapacity = 4_096
const growth = 1.5
/** A vector, its edges on the lowest level, its label, and an average share of the higher levels. */
const bytesOf = (dimensions: number): number => dimensions * 4 + edges * 2 * 4 + 4 + 8 + 16
const maxLabel = 2 ** 32 - 1

/** What set-up leaves beside the addon that it has built: one built otherwise may end the process with its thread. */
const buildMark = 'build/ai-gateway-mcp'

/** The addon, or why there is none. */
export const loadAddon = async (): Promise<{ addon: Addon } | { addon: null; why: string }> => {
  try {
    const folder = path.dirname(createRequire(import.meta.url).resolve('hnswlib-node/package.json'))
    if (!existsSync(path.join(folder, buildMark))) return { addon: null, why: 'set-up has not built hnswlib-node' }
    const { default: addon } = await import('hnswlib-node')
    return { addon }
  } catch (error) {
    return { addon: null, why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
  }
}

/** @param capacity it grows by itself */
export const createGraph = ({ HierarchicalNSW }: Addon, dimensions: number, capacity = firstCapacity): Graph => {
  const index = new HierarchicalNSW('ip', dimensions)
  index.initIndex({ maxElements: capacity, m: edges, efConstruction: candidatesToDraw })
  return guard(index, dimensions, [])
}

/**
 * Reads what `write` wrote, into an index of its own.
 * @throws Error where the file is not of this form, or lacks one of the labels
 */
export const readGraph = async (
  { HierarchicalNSW }: Addon,
  dimensions: number,
  file: string,
  labels: readonly (readonly [id: string, label: number])[],
): Promise<Graph> => {
  await checkHead(file, dimensions)
  const index = new HierarchicalNSW('ip', dimensions)
  index.readIndexSync(file)
  const known = new Set(index.getIdsList())
  if (labels.some(([, label]) => !known.has(label))) throw new Error(`${file} lacks entries`)
  return guard(index, dimensions, labels)
}

const guard = (index: HierarchicalNSW, dimensions: number, known: readonly (readonly [string, number])[]): Graph => {
  const labels = new Map(known)
  const ids = new Map(known.map(([id, label]) => [label, id]))
  // Also of those that are dead: a label that is used again would give an entry another's vector.
  let nextLabel = 1 + index.getIdsList().reduce((most, label) => Math.max(most, label), -1)
  // Reading a file sets it back.
  index.setEf(candidatesToFollow)

  const grow = (): void => {
    const capacity = index.getMaxElements()
    if (index.getCurrentCount() >= capacity) index.resizeIndex(Math.ceil(capacity * growth))
  }

  return {
    size: () => labels.size,
    dead: () => index.getCurrentCount() - labels.size,
    bytes: () => index.getMaxElements() * bytesOf(dimensions),
    has: (id) => labels.has(id),
    add: (id, vector) => {
      if (!isComparable(vector, dimensions)) throw new Error('not a vector that can be compared')
      if (labels.has(id)) throw new Error(`${id} is there already`)
      if (nextLabel > maxLabel) throw new Error('no label is left')
      grow()
      index.addPoint(Array.from(vector), nextLabel)
      labels.set(id, nextLabel)
      ids.set(nextLabel, id)
      nextLabel += 1
    },
    remove: (id) => {
      const label = labels.get(id)
      if (label === undefined) return false
      index.markDelete(label)
      labels.delete(id)
      ids.delete(label)
      return true
    },
    search: (vector, count, best) => {
      if (!isComparable(vector, dimensions) || labels.size === 0) return
      // Some more than are wanted, since the last of them are the least certain.
      const wanted = Math.min(labels.size, count + candidatesToFollow / 4)
      const { neighbors, distances } = index.searchKnn(Array.from(vector), wanted)
      for (const [at, label] of neighbors.entries()) {
        const id = ids.get(label)
        if (id !== undefined) best.offer(id, 1 - (distances[at] ?? Infinity))
      }
    },
    read: (id) => {
      const label = labels.get(id)
      return label === undefined ? null : Float32Array.from(index.getPoint(label))
    },
    ids: () => labels.keys(),
    // Off this thread: it reads what searches read.
    write: async (file) => {
      await index.writeIndex(file)
    },
    labels: () => [...labels],
  }
}

/**
 * The file's head: 64-bit sizes as hnswlib 0.8 writes them (saveIndex in hnswalg.h). Its own reader takes them as they come.
 * @throws Error where they are not those of an index of ours
 */
const checkHead = async (file: string, dimensions: number): Promise<void> => {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(48), 0, 48, 0)
  const { size } = await handle.stat()
  if (bytesRead < 48) throw new Error(`${file} is cut off`)
  const [, capacity = 0, count = 0, rowBytes = 0, labelAt = 0, dataAt = 0] = new BigUint64Array(
    buffer.buffer,
    buffer.byteOffset,
    6,
  )
    .values()
    .map(Number)
  const isOurs = labelAt - dataAt === dimensions * 4 && rowBytes === labelAt + 8
  if (!isOurs || count > capacity || count * rowBytes > size) throw new Error(`${file} is not an index of ours`)
}
