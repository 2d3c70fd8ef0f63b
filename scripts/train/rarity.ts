import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { countRarity } from '../../src/cache/verify/rarity.ts'
import { readPairFolder } from './pairs.ts'

/** `node scripts/train/rarity.ts FOLDER FILE` counts the words of every text of the folder's pairs, each text once, and writes the table. */
const run = (folder: string, file: string): void => {
  const texts = new Set(readPairFolder(folder).flatMap(({ pairs }) => pairs.flatMap(({ a, b }) => [a, b])))
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, countRarity(texts))
  process.stdout.write(`${file}: the words of ${texts.size} texts\n`)
}

const [folder, file] = process.argv.slice(2)
if (!folder || !file) throw new Error('Say where the pairs lie and where to write: rarity.ts FOLDER FILE')
run(folder, file)
