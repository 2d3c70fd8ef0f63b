import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { createFlat } from './flat.ts'
import { readGraph } from './hnsw.ts'
import type { Graph } from './hnsw.ts'
import { createIndexes } from './indexes.ts'
import type { Indexes } from './indexes.ts'
import { createPartition } from './partition.ts'
import type { Partition, PartitionRules } from './partition.ts'
import type { SnapshotPlace } from './protocol.ts'
import { openScratch } from './scratch.ts'
import { readSealed, writeSealed } from './sealed-file.ts'

// A snapshot is a folder: the manifest names the other files, and is renamed into place when they are whole, so that there
// is one snapshot or the one before, and never half of one. It holds vectors and entry ids, no text, and all of it is sealed
// as the entries themselves are. It can be thrown away at any moment: the entries' store is the truth.

/** Another form of the files. */
const format = 2
const manifestFile = 'manifest'
/** So many small partitions' vectors are written at once. */
const chunkBytes = 1 << 20

const fileName = z.string().regex(/^[\w.-]+$/)
const manifestShape = z.object({
  format: z.literal(format),
  embedder: z.string(),
  dimensions: z.int(),
  entries: z.int(),
  layout: fileName,
  vectors: fileName,
})
type Manifest = z.infer<typeof manifestShape>

const layoutShape = z.array(
  z.object({
    partition: z.string(),
    /** Their vectors follow each other in the file of vectors, partition after partition. */
    flat: z.array(z.string()),
    graph: z.object({ file: fileName, labels: z.array(z.tuple([z.string(), z.int()])) }).nullable(),
  }),
)
type Layout = z.infer<typeof layoutShape>

interface Whose extends PartitionRules {
  /** The embedder's fingerprint: vectors of another are worth nothing. */
  embedder: string
}

/**
 * Writes what the indexes hold; changes wait until it is written. Returns how many entries. Graphs, which the addon writes
 * to files only, are left out where there is no place for such a file but a disk: their vectors are kept, and they are
 * drawn anew.
 * @throws the system's error; the snapshot before stays then
 */
export const saveSnapshot = async (
  indexes: Indexes,
  { folder, key }: SnapshotPlace,
  { embedder, dimensions }: Whose,
): Promise<number> => {
  const release = indexes.hold()
  const mark = randomUUID().slice(0, 8)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const partitions = [...indexes.partitions()]
    const largest = partitions.reduce((most, [, index]) => Math.max(most, index.parts().graph?.bytes() ?? 0), 0)
    await using scratch = largest > 0 ? await openScratch(folder, largest) : null
    const files = new Set([manifestFile])
    const keep = async (name: string, chunks: Parameters<typeof writeSealed>[2]): Promise<void> => {
      files.add(name)
      await writeSealed(path.join(folder, name), { key, name }, chunks)
    }

    const shelves: Layout = []
    const loose: Uint8Array[] = []
    for (const [partition, index] of partitions) {
      const { flat, graph } = index.parts()
      const shelf: Layout[number] = { partition, flat: [...flat.ids()], graph: null }
      loose.push(bytesOf(flat.vectors()))
      if (graph && scratch) {
        const file = `graph-${mark}-${shelves.length}`
        const plain = path.join(scratch.path, file)
        await graph.write(plain)
        await keep(file, createReadStream(plain, { highWaterMark: chunkBytes }))
        await rm(plain)
        shelf.graph = { file, labels: graph.labels().map(([id, label]) => [id, label]) }
      } else if (graph) {
        for (const id of graph.ids()) {
          const vector = graph.read(id)
          if (!vector) continue
          shelf.flat.push(id)
          loose.push(bytesOf(vector))
        }
      }
      shelves.push(shelf)
    }
    const [layout, vectors] = [`layout-${mark}`, `vectors-${mark}`]
    await keep(vectors, chunksOf(loose))
    await keep(layout, [Buffer.from(JSON.stringify(shelves))])

    const entries = partitions.reduce((sum, [, index]) => sum + index.size(), 0)
    const manifest: Manifest = { format, embedder, dimensions, entries, layout, vectors }
    const draft = path.join(folder, `${manifestFile}-${mark}`)
    await writeSealed(draft, { key, name: manifestFile }, [Buffer.from(JSON.stringify(manifest))])
    await rename(draft, path.join(folder, manifestFile))
    await settle(folder)
    await tidy(folder, files)
    return entries
  } catch (error) {
    await tidy(folder, null, mark)
    throw error
  } finally {
    release()
  }
}

/**
 * Reads a snapshot into indexes of its own. Null where there is none.
 * @throws Error that says what does not fit; it is to be thrown away then
 */
export const loadSnapshot = async ({ folder, key }: SnapshotPlace, whose: Whose): Promise<Indexes | null> => {
  const isThere = await access(path.join(folder, manifestFile)).then(
    () => true,
    () => false,
  )
  if (!isThere) return null
  const read: Read = (name) => readSealed(path.join(folder, name), { key, name })
  const manifest = manifestShape.parse(JSON.parse((await read(manifestFile)).toString()))
  if (manifest.embedder !== whose.embedder || manifest.dimensions !== whose.dimensions)
    throw new Error(`it is of another embedder: ${manifest.embedder}`)
  const shelves = layoutShape.parse(JSON.parse((await read(manifest.layout)).toString()))
  const bytes = await read(manifest.vectors)
  const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT)
  const indexes = createIndexes(whose, await readPartitions(shelves, { vectors, read, folder, rules: whose }))
  if (indexes.facts().entries !== manifest.entries) throw new Error('its entries are not as many as it says')
  return indexes
}

type Read = (name: string) => Promise<Buffer>

/** Whatever is there: a snapshot that does not fit is of no use. */
export const dropSnapshot = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

const readPartitions = async (
  shelves: Layout,
  { vectors, read, folder, rules }: { vectors: Float32Array; read: Read; folder: string; rules: PartitionRules },
): Promise<Map<string, Partition>> => {
  const { dimensions } = rules
  const partitions = new Map<string, Partition>()
  let at = 0
  for (const { partition, flat: ids, graph: kept } of shelves) {
    const end = at + ids.length * dimensions
    const flat = createFlat(dimensions, { ids, vectors: vectors.slice(at, end) })
    at = end
    const graph = kept && (await unsealGraph(kept, { read, folder, rules }))
    partitions.set(partition, createPartition(rules, { flat, graph }))
  }
  if (at !== vectors.length) throw new Error('its vectors are not as many as it says')
  return partitions
}

const unsealGraph = async (
  { file, labels }: NonNullable<Layout[number]['graph']>,
  { read, folder, rules: { addon, dimensions } }: { read: Read; folder: string; rules: PartitionRules },
): Promise<Graph> => {
  if (!addon) throw new Error('it has graphs, and hnswlib-node is not there')
  const plain = await read(file)
  await using scratch = await openScratch(folder, plain.length)
  if (!scratch) throw new Error('it has graphs, and there is no place in memory to read them from')
  const place = path.join(scratch.path, file)
  await writeFile(place, plain, { flag: 'wx', mode: 0o600 })
  return await readGraph(addon, dimensions, place, labels)
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** Thousands of partitions of a few vectors in a few pieces, a large one in several. */
function* chunksOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  let few: Uint8Array[] = []
  let bytes = 0
  for (const part of parts)
    for (let at = 0; at < part.length; at += chunkBytes) {
      const piece = part.subarray(at, at + chunkBytes)
      few.push(piece)
      bytes += piece.length
      if (bytes < chunkBytes) continue
      yield Buffer.concat(few)
      few = []
      bytes = 0
    }
  yield Buffer.concat(few)
}

/** On the disk, not only on its way there. */
const settle = async (folder: string): Promise<void> => {
  await using handle = await open(folder)
  await handle.sync()
}

/** Removes what no manifest names: of older snapshots, of those that were cut off, or of the one that failed (`mark`). */
const tidy = async (folder: string, keep: ReadonlySet<string> | null, mark = ''): Promise<void> => {
  const files = await readdir(folder).catch(() => [])
  const gone = files.filter((file) => (keep ? !keep.has(file) : file.includes(mark)))
  await Promise.all(gone.map((file) => rm(path.join(folder, file), { force: true })))
}
