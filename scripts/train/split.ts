import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fnv1a } from '../../src/lib/fnv1a.ts'
import { readPairFolder } from './pairs.ts'
import type { Pair } from './pairs.ts'

export type Split = 'train' | 'test'

/** One cluster in this many is kept from training and tuning. */
const testShare = 5

/**
 * Says of each text where it belongs. Texts that a pair joins, directly or over others, are one cluster and stay together: else the
 * test would ask for what training has seen. A cluster is in the test split when the 32-bit FNV-1a hash of its smallest text (in the
 * order of its UTF-8 bytes) is divisible by five, so that the split hangs on nothing but the pairs: no seed, no order of files.
 */
export const splitOf = (pairs: Iterable<Pair>): ((text: string) => Split) => {
  const parents = new Map<string, string>()
  const rootOf = (text: string): string => {
    let root = text
    for (let above = parents.get(root); above !== undefined; above = parents.get(root)) root = above
    for (let at = text; at !== root;) {
      const above = parents.get(at) ?? root
      parents.set(at, root)
      at = above
    }
    return root
  }
  // The smaller text is always the root, so a cluster's root is its smallest text.
  for (const { a, b } of pairs) {
    const [rootA, rootB] = [rootOf(a), rootOf(b)]
    if (rootA === rootB) continue
    if (isBefore(rootA, rootB)) parents.set(rootB, rootA)
    else parents.set(rootA, rootB)
  }
  return (text) => (fnv1a(rootOf(text)) % testShare === 0 ? 'test' : 'train')
}

const isBefore = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0

/** `node scripts/train/split.ts FOLDER TARGET` writes TARGET/train/*.jsonl and TARGET/test/*.jsonl, line for line. */
const run = (folder: string, target: string): void => {
  const files = readPairFolder(folder)
  const splitOfText = splitOf(files.flatMap(({ pairs }) => pairs))
  for (const split of ['train', 'test'] as const) {
    mkdirSync(path.join(target, split), { recursive: true })
    for (const { name, pairs } of files) {
      const kept = pairs.filter(({ a }) => splitOfText(a) === split)
      writeFileSync(path.join(target, split, name), kept.map(({ line }) => `${line}\n`).join(''))
      process.stdout.write(`${split}/${name}: ${kept.length} of ${pairs.length} pairs\n`)
    }
  }
}

if (import.meta.main) {
  const [folder, target] = process.argv.slice(2)
  if (!folder || !target) throw new Error('Say where the pairs lie and where to write: split.ts FOLDER TARGET')
  run(folder, target)
}
