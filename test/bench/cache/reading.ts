import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { canonicalText } from '../../../src/cache/canonical.ts'
import { judgeEligibility } from '../../../src/cache/eligible.ts'
import { judgeForm } from '../../../src/cache/form.ts'
import { objectionsTo } from '../../../src/cache/guards/index.ts'
import { judgeNear } from '../../../src/cache/near/eligible.ts'
import { readQuestion } from '../../../src/cache/reading/question.ts'
import { pairFeatures } from '../../../src/cache/verify/features.ts'
import { readRarity } from '../../../src/cache/verify/rarity.ts'
import { parseThresholds } from '../../../src/cache/verify/thresholds.ts'
import { readTrees } from '../../../src/cache/verify/trees.ts'
import type { ChatRequest } from '../../../src/contract/chat.ts'
import type { Perceived } from '../../../src/contract/perception.ts'
import { forbidTelemetry } from '../../../src/config/forbid-telemetry.ts'
import { loadEmbedder } from '../../../src/perception/embedder.ts'
import { loadPairModel } from '../../../src/perception/pair-model.ts'
import type { Task } from '../../../src/contract/plan.ts'
import { classifyLexically } from '../../../src/routing/classify.ts'
import { readQuestion as readRequest } from '../../../src/routing/question.ts'
import { loadConfig } from '../../../src/config/config.ts'
import { projectRoot } from '../../support/app.ts'
import { ask } from '../../support/ask.ts'

/** Everything that a rule may want to know of a pair: rules differ in what they look at, not in what is there. */
export interface Reading {
  family: string
  /** Whether the answer to the first is right for the second, as the data say. */
  same: boolean
  isIdentical: boolean
  /** Same words in the same order, whatever the form. */
  isSameForm: boolean
  cosine: number
  /** The longer text's pieces of words. */
  pieces: number
  /** The embedder knows every piece of both. */
  isKnown: boolean
  /** Guards that object. */
  guards: readonly string[]
  /** Why the product compares one of the questions with no other; null where it does. */
  refusal: string | null
  /** Why the product takes no other form of one of the questions for it; null where it does. */
  formRefusal: string | null
  trees: number
  /** Null for a pair that no rule asks the second model about. */
  pair: number | null
}

/** As the product: what lies farther away is not looked at. */
export const minCosine = 0.7
export const maxPieces = 128
export const maxPairPieces = 64

/** Kinds of work that the shipped configuration compares. */
const classes: ReadonlySet<Task> = new Set(loadConfig({ root: projectRoot, env: {} }).cache.near.classes)

const label = z.object({ y: z.union([z.literal([0, 1]), z.literal(['0', '1'])]) })
/** @throws ZodError for a line without a label */
export const isSame = (line: string): boolean => Number(label.parse(JSON.parse(line)).y) === 1

/** Reads pairs with the product's own code and models. */
export const createReader = async (root: string) => {
  const files = {
    folder: path.join(root, '.models/all-MiniLM-L6-v2'),
    form: 'int8',
    pairFolder: path.join(root, '.models/near-verifier'),
  } as const
  const trained = path.join(root, 'models/near-verifier')
  forbidTelemetry()
  const embedder = await loadEmbedder(files)
  const pairModel = await loadPairModel(files, embedder.tokenizer)
  const rarity = readRarity(readFileSync(path.join(trained, 'rarity.bin')))
  const trees = readTrees(JSON.parse(readFileSync(path.join(trained, 'trees.json'), 'utf8')))
  const calibration = parseThresholds(JSON.parse(readFileSync(path.join(trained, 'thresholds.json'), 'utf8')))
  const seen = new Map<string, Perceived>()

  const perceive = async (text: string): Promise<Perceived> => {
    const perceived = seen.get(text) ?? (await embedder.embed(text))
    seen.set(text, perceived)
    return perceived
  }

  return {
    embedder: embedder.facts,
    pairModel: pairModel.fingerprint,
    calibration,
    read: async (family: string, same: boolean, a: string, b: string): Promise<Reading> => {
      const [one, other] = [await perceive(a), await perceive(b)]
      const [first, second] = [readQuestion(a), readQuestion(b)]
      const cosine = one.vector.reduce((sum, value, at) => sum + value * (other.vector[at] ?? 0), 0)
      const pieces = Math.max(one.tokens, other.tokens)
      const isNear = cosine >= minCosine && pieces <= maxPairPieces && a !== b
      const [pair = null] = isNear ? await pairModel.score([{ stored: a, asked: b }]) : []
      return {
        family,
        same,
        isIdentical: a === b,
        isSameForm: canonicalText(a) === canonicalText(b),
        cosine,
        pieces,
        isKnown: one.unknown + other.unknown === 0 && !one.truncated && !other.truncated,
        guards: objectionsTo(first, second).map(({ guard }) => guard),
        refusal: refusalOf(a) ?? refusalOf(b),
        formRefusal: formRefusalOf(a) ?? formRefusalOf(b),
        trees: trees.score(pairFeatures(first, second, cosine, rarity)),
        pair,
      }
    },
  }
}

const formRefusalOf = (text: string): string | null => {
  const request = ask(text)
  return generalRefusal(request) ?? judgeForm(request, taskOf(request), text)
}

const refusalOf = (text: string): string | null => {
  const request = ask(text)
  const task = taskOf(request)
  const formRefusal = judgeForm(request, task, text)
  const refusal = generalRefusal(request) ?? judgeNear({ request, question: text, formRefusal })
  return refusal ?? (classes.has(task) ? null : 'class')
}

const taskOf = (request: ChatRequest): Task => classifyLexically(readRequest(request)).task

const generalRefusal = (request: ChatRequest): string | null => {
  const verdict = judgeEligibility(request)
  return verdict.eligible ? null : verdict.reason
}
