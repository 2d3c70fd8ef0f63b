import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { canonicalText } from '../../src/cache/canonical.ts'
import { objectionsTo } from '../../src/cache/guards/index.ts'
import { readQuestion } from '../../src/cache/reading/question.ts'
import { featureNames, pairFeatures } from '../../src/cache/verify/features.ts'
import { readRarity } from '../../src/cache/verify/rarity.ts'
import { forbidTelemetry } from '../../src/config/forbid-telemetry.ts'
import { loadEmbedder } from '../../src/perception/embedder.ts'
import { readPairs } from './pairs.ts'
import type { PairLine } from './pairs.ts'

const root = path.resolve(import.meta.dirname, '../..')
const model = path.join(root, '.models/all-MiniLM-L6-v2')

/** Each distinct text's vector, by the encoder that the product runs. */
const embedTexts = async (texts: ReadonlySet<string>): Promise<ReadonlyMap<string, Float32Array>> => {
  forbidTelemetry()
  const { embed } = await loadEmbedder({ folder: model, form: 'int8' })
  const vectors = new Map<string, Float32Array>()
  for (const text of texts) {
    vectors.set(text, (await embed(text)).vector)
    if (vectors.size % 5_000 === 0) process.stderr.write(`${vectors.size} of ${texts.size} texts embedded\n`)
  }
  return vectors
}

const dot = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)

/** A cosine that the line already says is taken over: embedding is what takes time. */
const cosineIn = ({ line }: PairLine): number | null => {
  const { cosine } = JSON.parse(line) as { cosine?: unknown }
  return typeof cosine === 'number' ? cosine : null
}

/**
 * `node scripts/train/features.ts [--rarity FILE] < pairs.jsonl > features.jsonl`: what the product reads of each pair, a line each,
 * after a first line with the features' names. A number on a line is written so that reading it gives the same double.
 */
const run = async (rarityFile: string): Promise<void> => {
  const rarity = readRarity(readFileSync(rarityFile))
  const pairs = readPairs(readFileSync(0, 'utf8'))
  const unknown = pairs.filter((pair) => cosineIn(pair) === null)
  const vectors = await embedTexts(new Set(unknown.flatMap(({ a, b }) => [a, b])))
  const questions = new Map<string, ReturnType<typeof readQuestion>>()
  const questionOf = (text: string): ReturnType<typeof readQuestion> => {
    const question = questions.get(text) ?? readQuestion(text)
    questions.set(text, question)
    return question
  }
  process.stdout.write(`${JSON.stringify({ names: featureNames })}\n`)
  for (const pair of pairs) {
    const [a, b] = [questionOf(pair.a), questionOf(pair.b)]
    const [vectorA, vectorB] = [vectors.get(pair.a), vectors.get(pair.b)]
    const cosine = cosineIn(pair) ?? (vectorA && vectorB ? dot(vectorA, vectorB) : 0)
    const row = {
      features: [...pairFeatures(a, b, cosine, rarity)],
      cosine,
      vetoes: objectionsTo(a, b).map(({ guard }) => guard),
      canonical: canonicalText(pair.a) === canonicalText(pair.b),
    }
    if (!process.stdout.write(`${JSON.stringify(row)}\n`))
      await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
}

const { values } = parseArgs({
  options: { rarity: { type: 'string', default: path.join(root, 'models/near-verifier/rarity.bin') } },
})
await run(values.rarity)
