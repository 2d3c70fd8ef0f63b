import { hashText } from './hash.ts'

/** Thoughts as only the sandbox reads them: sealed with their hash, so that it knows its own. */
export const encryptThoughts = (thoughts: string): string =>
  Buffer.from(`${hashText('encrypted', thoughts)}${thoughts}`).toString('base64url')

/** The thoughts again; null where they were changed, or are not the sandbox's. */
export const decryptThoughts = (encrypted: string): string | null => {
  const text = Buffer.from(encrypted, 'base64url').toString('utf8')
  const thoughts = text.slice(hashText('').length)
  return encrypted !== '' && encryptThoughts(thoughts) === encrypted ? thoughts : null
}
