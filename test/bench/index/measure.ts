import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { loadAddon } from '../../../src/perception/hnsw.ts'
import { createIndexes } from '../../../src/perception/indexes.ts'
import type { Indexes } from '../../../src/perception/indexes.ts'
import { loadSnapshot, saveSnapshot } from '../../../src/perception/snapshot.ts'
import { placeIn } from '../../perception/support/snapshot-place.ts'
import { clusteredVectors } from '../../perception/support/vectors.ts'

export interface IndexRow {
  size: number
  /** Of the questions that were asked, those whose nearest was found. */
  recall: number
  /** Median of a search, by looking at each entry and by the index as it is run. */
  flatMs: number
  indexMs: number
  /** How many times as long the first takes. */
  ratio: number
  bytesPerEntry: number
  /** To add an entry, and to have it in its graph. */
  addMs: number
  tidyMs: number
}

const [dimensions, count] = [384, 8]
const { addon } = await loadAddon()
const rules = { addon, dimensions, flatBound: 2_000, embedder: 'bench' }

const fill = (indexes: Indexes, vectors: readonly Float32Array[], partitionOf: (at: number) => string): void => {
  for (const [at, vector] of vectors.entries())
    indexes.change([{ kind: 'add', id: `ent_${at}`, partition: partitionOf(at), vector }])
}

/** One partition of `size` entries, asked `asked` questions that lie as its entries do. */
export const measureIndex = async ({ size, asked }: { size: number; asked: number }): Promise<IndexRow> => {
  const vectors = clusteredVectors(size + asked, dimensions, 1)
  const [held, questions] = [vectors.slice(0, size), vectors.slice(size)]
  const flat = createIndexes({ ...rules, addon: null })
  const addMs = timed(() => fill(flat, held, () => 'p'))
  const indexes = createIndexes(rules)
  fill(indexes, held, () => 'p')
  const tidyMs = timed(() => {
    while (indexes.tend(Infinity));
  })
  const ask = (of: Indexes): { ids: (string | undefined)[]; ms: number } => {
    const times: number[] = []
    const ids = questions.map((vector) => {
      const startedMs = performance.now()
      const [best] = of.search({ partition: 'p', vector, count, minCosine: -1 })
      times.push(performance.now() - startedMs)
      return best?.id
    })
    return { ids, ms: times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0 }
  }
  const [right, found] = [ask(flat), ask(indexes)]
  return {
    size,
    recall: found.ids.filter((id, at) => id === right.ids[at]).length / asked,
    flatMs: right.ms,
    indexMs: found.ms,
    ratio: right.ms / found.ms,
    bytesPerEntry: indexes.facts().bytes / size,
    addMs: addMs / size,
    tidyMs: tidyMs / size,
  }
}

/** Half of the entries in one partition, the others ten to one. */
export const measureSnapshot = async ({ size }: { size: number }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ai-gateway-mcp-'))
  try {
    const indexes = createIndexes(rules)
    fill(indexes, clusteredVectors(size, dimensions, 2), (at) => (at % 2 === 0 ? 'large' : `small ${(at / 20) | 0}`))
    while (indexes.tend(Infinity));
    const saveMs = await timedAsync(() => saveSnapshot(indexes, placeIn(folder), rules))
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0)
    const loadMs = await timedAsync(() => loadSnapshot(placeIn(folder), rules))
    return { entries: size, graphs: indexes.facts().graphs, bytes, saveMs, loadMs }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const timed = (work: () => void): number => {
  const startedMs = performance.now()
  work()
  return performance.now() - startedMs
}

const timedAsync = async (work: () => Promise<unknown>): Promise<number> => {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
