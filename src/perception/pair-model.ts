import path from 'node:path'
import { AutoModelForSequenceClassification, PretrainedConfig, Tensor } from '@xenova/transformers'
import { z } from 'zod'
import type { QuestionPair } from '../contract/near.ts'
import { fromFolder } from './from-folder.ts'
import type { PerceptionFiles } from './protocol.ts'
import { sessionOptions } from './session-options.ts'
import { sha256OfFile } from './sha256-of-file.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Reads two questions at once: the second stage of the near tier. */
export interface PairModel {
  /** Another one wherever a logit may be another. */
  fingerprint: string
  /** A logit a pair; minus infinity, which serves nobody, for a pair that is too long to be read whole. */
  score(pairs: readonly QuestionPair[]): Promise<readonly number[]>
}

/** With the three marks. Trained on less than half of it. */
const maxPieces = 256
const network = 'onnx/model_int8.onnx'

/**
 * Loads the model from set-up's files.
 * @param tokenizer the embedder's
 * @throws Error where a file is missing, or the runtime does not know this machine
 */
export const loadPairModel = async (
  { pairFolder }: Pick<PerceptionFiles, 'pairFolder'>,
  tokenizer: Tokenizer,
): Promise<PairModel> => {
  const sha256 = await sha256OfFile(path.join(pairFolder, network)).catch((error: unknown) => {
    throw new Error(`the pair model is not in ${pairFolder}`, { cause: error })
  })
  const { name, options } = fromFolder(pairFolder)
  const model = await AutoModelForSequenceClassification.from_pretrained(name, {
    ...options,
    config: new PretrainedConfig({ model_type: 'bert', architectures: ['BertForSequenceClassification'] }),
    dtype: 'int8',
    device: 'cpu',
    session_options: sessionOptions,
  })
  const separator = tokenizer.sep_token_id
  if (separator === undefined) throw new Error('the tokenizer lacks its own marks')

  const score = async ({ stored, asked }: QuestionPair): Promise<number> => {
    // Each with its marks at both ends; the second goes without its first.
    const [one, other] = [tokenizer.encode(stored), tokenizer.encode(asked)]
    if (one.length + other.length - 1 > maxPieces) return -Infinity
    const orders = [
      [one, other],
      [other, one],
    ] as const
    // Of one length, so that nothing is filled up: both are one batch.
    const row = (fill: (first: readonly number[], second: readonly number[]) => readonly number[]) =>
      new Tensor(
        'int64',
        BigInt64Array.from(
          orders.flatMap(([first, second]) => fill(first, second.slice(1))),
          BigInt,
        ),
        [2, one.length + other.length - 1],
      )
    const output: unknown = await model({
      input_ids: row((first, second) => [...first, ...second]),
      attention_mask: row((first, second) => [...first, ...second].map(() => 1)),
      token_type_ids: row((first, second) => [...first.map(() => 0), ...second.map(() => 1)]),
    })
    const [there, back] = answer.parse(output).logits.data
    if (there === undefined || back === undefined) throw new Error('the pair model gave no logit')
    return (there + back) / 2
  }

  // Of any network the first reading is the slowest by far: nobody shall wait for it.
  await score({ stored: '', asked: '' })
  return {
    fingerprint: `${name}/${sha256.slice(0, 16)}`,
    score: async (pairs) => {
      const logits: number[] = []
      for (const pair of pairs) logits.push(await score(pair))
      return logits
    },
  }
}

/** The part that is read of the network's answer, which the library does not describe. */
const answer = z.object({ logits: z.object({ data: z.instanceof(Float32Array) }) })
