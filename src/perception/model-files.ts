import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { EmbedderForm, ModelFile } from '../contract/perception.ts'
import type { PerceptionFiles } from './protocol.ts'
import { sha256OfFile } from './sha256-of-file.ts'

const kept = z.object({ file: z.string(), bytes: z.number(), sha256: z.string(), source: z.string() })

/** `set-up.json`, which set-up writes when everything that it names is in place. */
const record = z.object({ model: z.string(), tokenizer: kept, int8: kept.optional(), fp32: kept.optional() })

export interface ModelFiles {
  name: string
  form: EmbedderForm
  network: ModelFile
  tokenizer: ModelFile
}

/**
 * What set-up has put in place.
 * @throws Error that says what is missing
 */
export const readModelFiles = async ({
  folder,
  form,
}: Pick<PerceptionFiles, 'folder' | 'form'>): Promise<ModelFiles> => {
  const { model: name, tokenizer, ...forms } = await readRecord(folder)
  const network = forms[form]
  if (!network) throw new Error(`${folder} has no ${form} form of ${name}`)
  return { name, form, network, tokenizer }
}

/**
 * Holds what will be loaded against the record: a disk may have damaged it, and a wrong vector looks like any other.
 * @throws Error that names the file
 */
export const verifyModelFiles = async (folder: string, { network, tokenizer }: ModelFiles): Promise<void> => {
  for (const { file, sha256 } of [tokenizer, network]) {
    if ((await sha256OfFile(path.join(folder, file))) !== sha256)
      throw new Error(`${path.join(folder, file)} is damaged: it is not the file that set-up put there`)
  }
}

const readRecord = async (folder: string): Promise<z.infer<typeof record>> => {
  const file = path.join(folder, 'set-up.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(`the embedding model is not in ${folder}`, { cause: error })
  })
  try {
    return record.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`${file} is damaged`, { cause: error })
  }
}
