import { AutoTokenizer } from '@xenova/transformers'
import { fromFolder } from './from-folder.ts'

/** Cuts texts into the pieces that both models know. */
export type Tokenizer = Awaited<ReturnType<typeof loadTokenizer>>

/**
 * @param folder the embedding model's
 * @throws Error where a file is missing or damaged
 */
export const loadTokenizer = (folder: string) => {
  const { name, options } = fromFolder(folder)
  return AutoTokenizer.from_pretrained(name, options)
}
