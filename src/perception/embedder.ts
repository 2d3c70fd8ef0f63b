import { createHash } from 'node:crypto'
import { AutoModel, env, Tensor } from '@xenova/transformers'
import { z } from 'zod'
import type { EmbedderFacts, Perceived } from '../contract/perception.ts'
import { fromFolder } from './from-folder.ts'
import { readModelFiles, verifyModelFiles } from './model-files.ts'
import type { ModelFiles } from './model-files.ts'
import type { PerceptionFiles } from './protocol.ts'
import { sessionOptions } from './session-options.ts'
import { loadTokenizer } from './tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/** One text after the other: in the int8 form two texts of a batch would change each other's vectors. */
export interface Embedder {
  facts: EmbedderFacts
  embed(text: string): Promise<Perceived>
}

/** The length that all-MiniLM-L6-v2 was trained with. */
const maxPieces = 256
/** Of a long text no more is taken apart: 64 for each piece that will be read, where a word of English has five. */
const maxCharacters = maxPieces * 64

/**
 * Loads all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2) from set-up's files, and nothing
 * from the network. It blocks its thread while it loads and while it reads a text.
 * @throws Error where the files are missing or damaged, or the runtime does not know this machine
 */
export const loadEmbedder = async (
  files: Pick<PerceptionFiles, 'folder' | 'form'>,
): Promise<Embedder & { tokenizer: Tokenizer }> => {
  const startedMs = performance.now()
  const model = await readModelFiles(files)
  await verifyModelFiles(files.folder, model)
  const { tokenizer, tokenize, run } = await load(files)
  const dimensions = (await run(tokenize('').ids)).vector.length
  return {
    tokenizer,
    facts: {
      name: model.name,
      form: model.form,
      fingerprint: fingerprintOf(model),
      dimensions,
      maxPieces,
      loadMs: performance.now() - startedMs,
      files: [model.network, model.tokenizer],
    },
    embed: async (text) => {
      const { ids, ...seen } = tokenize(text)
      return { ...(await run(ids)), ...seen }
    },
  }
}

const load = async ({ folder, form }: Pick<PerceptionFiles, 'folder' | 'form'>) => {
  const tokenizer = await loadTokenizer(folder)
  const { name, options } = fromFolder(folder)
  const network = await AutoModel.from_pretrained(name, {
    ...options,
    dtype: form,
    device: 'cpu',
    session_options: sessionOptions,
  })
  const [separator, unknown] = [tokenizer.sep_token_id, tokenizer.unk_token_id]
  if (separator === undefined || unknown === undefined) throw new Error('the tokenizer lacks its own marks')

  const tokenize = (text: string): Omit<Perceived, 'vector'> & { ids: readonly number[] } => {
    const whole = tokenizer.encode(text.slice(0, maxCharacters))
    // The library would cut the closing mark off as well.
    const ids = whole.length > maxPieces ? [...whole.slice(0, maxPieces - 1), separator] : whole
    return {
      ids,
      tokens: ids.length - 2,
      unknown: ids.filter((id) => id === unknown).length,
      truncated: whole.length > maxPieces || text.length > maxCharacters,
    }
  }
  const run = async (ids: readonly number[]): Promise<Pick<Perceived, 'vector'>> => {
    const row = (fill: (id: number) => bigint) => new Tensor('int64', BigInt64Array.from(ids, fill), [1, ids.length])
    const output: unknown = await network({
      input_ids: row(BigInt),
      attention_mask: row(() => 1n),
      token_type_ids: row(() => 0n),
    })
    return { vector: meanDirection(states.parse(output).last_hidden_state.data, ids.length) }
  }
  return { tokenizer, tokenize, run }
}

/** The part that is read of the network's answer, which the library does not describe. */
const states = z.object({ last_hidden_state: z.object({ data: z.instanceof(Float32Array) }) })

/** The mean of what the network says of each piece, as a vector of length 1. */
const meanDirection = (values: Float32Array, pieces: number): Float32Array => {
  const sums = new Float64Array(values.length / pieces)
  for (const [at, value] of values.entries()) sums[at % sums.length] = (sums[at % sums.length] ?? 0) + value
  const length = Math.hypot(...sums)
  return Float32Array.from(sums, (sum) => sum / length)
}

/**
 * Everything that decides a vector: both files, how the text is cut, the runtime, and the processor's kind, since integer
 * arithmetic is done otherwise on another.
 */
const fingerprintOf = ({ name, form, network, tokenizer }: ModelFiles): string => {
  const facts = [network.sha256, tokenizer.sha256, maxPieces, 'mean', env.version, process.arch]
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex')
  return `${name}/${form}/${hash.slice(0, 16)}`
}
