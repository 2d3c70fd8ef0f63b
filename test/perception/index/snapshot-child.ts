import { loadAddon } from '../../../src/perception/hnsw.ts'
import { createIndexes } from '../../../src/perception/indexes.ts'
import { saveSnapshot } from '../../../src/perception/snapshot.ts'
import { placeIn } from '../support/snapshot-place.ts'
import { clusteredVectors } from '../support/vectors.ts'

// Writes snapshots, once or until it is killed: `snapshot-child.ts FOLDER once`.

const [, , folder = '', how] = process.argv
const { addon } = await loadAddon()
const rules = { addon, dimensions: 16, flatBound: 100, embedder: 'hashed/16' }
const indexes = createIndexes(rules)
for (const [at, vector] of clusteredVectors(390, 16, 2).entries())
  indexes.change([{ kind: 'add', id: `ent_${at}`, partition: at < 250 ? 'large' : `${at % 50}`, vector }])
while (indexes.tend(Infinity));

let saved = 0
do {
  await saveSnapshot(indexes, placeIn(folder), rules)
  saved += 1
  process.stdout.write(`saved ${saved}\n`)
} while (how !== 'once')
