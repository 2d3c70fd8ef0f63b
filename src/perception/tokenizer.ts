import path from 'node:path'
import { AutoTokenizer, env } from '@xenova/transformers'

/** Cuts texts into the pieces that both models know. */
export type Tokenizer = Awaited<ReturnType<typeof loadTokenizer>>

/**
 * @param folder the embedding model's
 * @throws Error where a file is missing or damaged
 */
export const loadTokenizer = (folder: string) => {
  readLocally(folder)
  return AutoTokenizer.from_pretrained(path.basename(folder), { local_files_only: true })
}

/** What is loaded next lies in this folder, and nothing comes from the network. */
export const readLocally = (folder: string): void => {
  env.allowRemoteModels = false
  env.useFSCache = false
  env.localModelPath = path.dirname(folder)
}
