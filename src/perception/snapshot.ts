import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { createFlat } from './flat.ts'
import { readGraph } from './hnsw.ts'
import { createIndexes } from './indexes.ts'
import type { Indexes } from './indexes.ts'
import { createPartition } from './partition.ts'
import type { Partition, PartitionRules } from './partition.ts'

// A snapshot is a folder: the manifest names the other files with their hashes, and is renamed into place when they are
// whole, so that there is one snapshot or the one before, and never half of one. It holds vectors and entry ids, no text.
// It can be thrown away at any moment: the entries' store is the truth.

/** Another form of the files. */
const format = 1
const manifestFile = 'manifest.json'
/** Read and written so much at a time, with searches in between. */
const chunkBytes = 1 << 20

const manifestShape = z.object({
  format: z.literal(format),
  embedder: z.string(),
  dimensions: z.int(),
  entries: z.int(),
  layout: z.string(),
  vectors: z.string(),
  files: z.record(z.string().regex(/^[\w.-]+$/), z.object({ bytes: z.int(), sha256: z.string() })),
})
type Manifest = z.infer<typeof manifestShape>

const layoutShape = z.array(
  z.object({
    partition: z.string(),
    /** Their vectors follow each other in the file of vectors, partition after partition. */
    flat: z.array(z.string()),
    graph: z.object({ file: z.string(), labels: z.array(z.tuple([z.string(), z.int()])) }).nullable(),
  }),
)

interface Whose extends PartitionRules {
  /** The embedder's fingerprint: vectors of another are worth nothing. */
  embedder: string
}

/**
 * Writes what the indexes hold; changes wait until it is written. Returns how many entries.
 * @throws the system's error, or Error where what was written cannot be read back; the snapshot before stays then
 */
export const saveSnapshot = async (
  indexes: Indexes,
  folder: string,
  { embedder, dimensions }: Whose,
): Promise<number> => {
  const release = indexes.hold()
  const mark = randomUUID().slice(0, 8)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const partitions = [...indexes.partitions()]
    const [layout, vectors] = [`layout-${mark}.json`, `vectors-${mark}.f32`]
    const files: Manifest['files'] = {}
    const keep = async (file: string, write: (to: string) => Promise<void>): Promise<void> => {
      const place = path.join(folder, file)
      await write(place)
      await settle(place)
      files[file] = await measure(place)
    }

    const shelves: z.infer<typeof layoutShape> = []
    for (const [partition, index] of partitions) {
      const { flat, graph } = index.parts()
      const file = `graph-${mark}-${shelves.length}.hnsw`
      if (graph) await keep(file, (to) => graph.write(to))
      shelves.push({
        partition,
        flat: [...flat.ids()],
        graph: graph && { file, labels: graph.labels().map(([id, label]) => [id, label]) },
      })
    }
    await keep(vectors, (to) => writeBytes(to, chunksOf(partitions.map(([, index]) => bytesOf(index)))))
    await keep(layout, (to) => writeBytes(to, [Buffer.from(JSON.stringify(shelves))]))

    const entries = partitions.reduce((sum, [, index]) => sum + index.size(), 0)
    const written = partitions.reduce((sum, [, index]) => sum + bytesOf(index).byteLength, 0)
    if (files[vectors]?.bytes !== written) throw new Error('the vectors were not written whole')
    const manifest: Manifest = { format, embedder, dimensions, entries, layout, vectors, files }
    const draft = path.join(folder, `manifest-${mark}.json`)
    await writeBytes(draft, [Buffer.from(JSON.stringify(manifest))])
    await settle(draft)
    await rename(draft, path.join(folder, manifestFile))
    await settle(folder)
    await tidy(folder, new Set([manifestFile, ...Object.keys(files)]))
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
export const loadSnapshot = async (folder: string, whose: Whose): Promise<Indexes | null> => {
  const text = await readFile(path.join(folder, manifestFile), 'utf8').catch(() => null)
  if (text === null) return null
  const manifest = manifestShape.parse(JSON.parse(text))
  if (manifest.embedder !== whose.embedder || manifest.dimensions !== whose.dimensions)
    throw new Error(`it is of another embedder: ${manifest.embedder}`)
  for (const [file, told] of Object.entries(manifest.files)) {
    const found = await measure(path.join(folder, file))
    if (found.sha256 !== told.sha256 || found.bytes !== told.bytes) throw new Error(`${file} is damaged`)
  }
  const shelves = layoutShape.parse(JSON.parse(await readFile(path.join(folder, manifest.layout), 'utf8')))
  const vectors = floatsOf(await readFile(path.join(folder, manifest.vectors)))
  const indexes = createIndexes(whose, await readPartitions(shelves, vectors, folder, whose))
  if (indexes.facts().entries !== manifest.entries) throw new Error('its entries are not as many as it says')
  return indexes
}

/** Whatever is there: a snapshot that does not fit is of no use. */
export const dropSnapshot = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

const readPartitions = async (
  shelves: z.infer<typeof layoutShape>,
  vectors: Float32Array,
  folder: string,
  rules: PartitionRules,
): Promise<Map<string, Partition>> => {
  const { addon, dimensions } = rules
  const partitions = new Map<string, Partition>()
  let at = 0
  for (const { partition, flat: ids, graph: kept } of shelves) {
    const flat = createFlat(dimensions)
    for (const id of ids) {
      flat.add(id, vectors.subarray(at, at + dimensions))
      at += dimensions
    }
    if (kept && !addon) throw new Error('it has graphs, and hnswlib-node is not there')
    const graph = kept && addon && (await readGraph(addon, dimensions, path.join(folder, kept.file), kept.labels))
    partitions.set(partition, createPartition(rules, { flat, graph }))
  }
  if (at !== vectors.length) throw new Error('its vectors are not as many as it says')
  return partitions
}

const bytesOf = (index: Partition): Uint8Array => {
  const vectors = index.parts().flat.vectors()
  return new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
}

/** A file's numbers, at an address that numbers of their size may have. */
const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer)

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

const writeBytes = async (file: string, chunks: Iterable<Uint8Array>): Promise<void> => {
  await using handle = await open(file, 'wx', 0o600)
  for (const chunk of chunks) await handle.writeFile(chunk)
}

/** On the disk, not only on its way there. */
const settle = async (file: string): Promise<void> => {
  await using handle = await open(file)
  await handle.sync()
}

const measure = async (file: string): Promise<{ bytes: number; sha256: string }> => {
  await using handle = await open(file)
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let bytes = 0
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes)
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') }
    hash.update(chunk.subarray(0, bytesRead))
    bytes += bytesRead
  }
}

/** Removes what no manifest names: of older snapshots, of those that were cut off, or of the one that failed (`mark`). */
const tidy = async (folder: string, keep: ReadonlySet<string> | null, mark = ''): Promise<void> => {
  const files = await readdir(folder).catch(() => [])
  const gone = files.filter((file) => (keep ? !keep.has(file) : file.includes(mark)))
  await Promise.all(gone.map((file) => rm(path.join(folder, file), { force: true })))
}
