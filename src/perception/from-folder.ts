import path from 'node:path'
import { env } from '@xenova/transformers'

/**
 * Has the library read from a model's folder what it loads next, and nothing from the network.
 * @returns what the folder is to the library
 */
export const fromFolder = (folder: string): { name: string; options: { local_files_only: true } } => {
  const parent = path.dirname(folder)
  env.allowRemoteModels = false
  env.useFSCache = false
  env.localModelPath = parent
  // The runtime reads a network from its path. The library would read it as well, every byte into memory, and never look at it,
  // except where its cache knows a path: it asks that by the file's path, and then by its address, which is made the same.
  env.remoteHost = parent
  env.remotePathTemplate = '{model}'
  env.useCustomCache = true
  env.customCache = { match: async (file) => (file.endsWith('.onnx') ? file : undefined), put: async () => {} }
  return { name: path.basename(folder), options: { local_files_only: true } }
}
