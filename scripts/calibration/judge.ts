import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { canonicalText } from '../../src/cache/canonical.ts'
import { objectionsTo } from '../../src/cache/guards/index.ts'
import { readQuestion } from '../../src/cache/reading/question.ts'
import { pairFeatures } from '../../src/cache/verify/features.ts'
import { readRarity } from '../../src/cache/verify/rarity.ts'
import { treesFingerprint } from '../../src/cache/verify/thresholds.ts'
import { readTrees } from '../../src/cache/verify/trees.ts'
import type { Perceived } from '../../src/contract/perception.ts'
import { forbidTelemetry } from '../../src/config/forbid-telemetry.ts'
import { loadEmbedder } from '../../src/perception/embedder.ts'
import { loadPairModel } from '../../src/perception/pair-model.ts'
import type { PairFile } from '../train/pairs.ts'
import type { JudgedPair } from './judged.ts'

/** The near tier looks at no candidate that is farther away … */
const minCosine = 0.7
/** … and at no longer question. */
const maxPieces = 64

/** A label as the data sets write it. */
const label = z.object({ y: z.union([z.literal([0, 1]), z.literal(['0', '1'])]) })

/** Every reading of a pair by the product's own code and models, in the forms that serve. */
export const createJudge = async (root: string) => {
  const models = path.join(root, '.models')
  const trained = path.join(root, 'models/near-verifier')
  const files = {
    folder: path.join(models, 'all-MiniLM-L6-v2'),
    form: 'int8',
    pairFolder: path.join(models, 'near-verifier'),
  } as const
  forbidTelemetry()
  const embedder = await loadEmbedder(files)
  const pairModel = await loadPairModel(files, embedder.tokenizer)
  const rarityBytes = readFileSync(path.join(trained, 'rarity.bin'))
  const treesText = readFileSync(path.join(trained, 'trees.json'), 'utf8')
  const [rarity, trees] = [readRarity(rarityBytes), readTrees(JSON.parse(treesText))]
  const seen = new Map<string, Perceived>()

  const perceive = async (text: string): Promise<Perceived> => {
    const perceived = seen.get(text) ?? (await embedder.embed(text))
    seen.set(text, perceived)
    return perceived
  }

  const judge = async (a: string, b: string): Promise<Pick<JudgedPair, 'reaches' | 'trees' | 'pair'>> => {
    const [one, other] = [await perceive(a), await perceive(b)]
    const [first, second] = [readQuestion(a), readQuestion(b)]
    const cosine = one.vector.reduce((sum, value, at) => sum + value * (other.vector[at] ?? 0), 0)
    const reaches =
      cosine >= minCosine &&
      Math.max(one.tokens, other.tokens) <= maxPieces &&
      canonicalText(a) !== canonicalText(b) &&
      objectionsTo(first, second).length === 0
    if (!reaches) return { reaches, trees: -Infinity, pair: null }
    const [pair] = await pairModel.score([{ stored: a, asked: b }])
    return { reaches, trees: trees.score(pairFeatures(first, second, cosine, rarity)), pair: pair ?? null }
  }

  return {
    embedder: embedder.facts,
    verifier: { trees: treesFingerprint(treesText, rarityBytes), pair: pairModel.fingerprint },
    judgeFolder: async (pairFiles: readonly PairFile[]): Promise<readonly JudgedPair[]> => {
      const judged: JudgedPair[] = []
      for (const { name, pairs } of pairFiles)
        for (const { a, b, line } of pairs) {
          const same = Number(label.parse(JSON.parse(line)).y) === 1
          judged.push({ family: path.basename(name, '.jsonl'), same, ...(await judge(a, b)) })
        }
      return judged
    },
  }
}
