import { readFile } from 'node:fs/promises'
import { SecretError } from '../contract/secrets.ts'

/** Longest content that is taken for a secret: Secret Manager's own bound. */
const maxBytes = 65_536

/**
 * A secret that is mounted as a file, without the line break that editors leave at its end.
 * @throws SecretError
 */
export const readSecretFile = async (path: string, signal: AbortSignal): Promise<string> => {
  const content = await readFile(path, { encoding: 'utf8', signal }).catch((error: unknown) => {
    // A mount that is being exchanged is away for a moment; one that was taken away is no withdrawal that we could tell.
    throw new SecretError('unavailable', `the file ${path} cannot be read`, { cause: error })
  })
  const text = content.trim()
  if (text === '' || content.length > maxBytes)
    throw new SecretError('unavailable', `the file ${path} is ${text === '' ? 'empty' : 'too long for a secret'}`)
  return text
}
