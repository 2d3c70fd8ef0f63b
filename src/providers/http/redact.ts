import type { SecretText } from '../../contract/provider.ts'

export type Redact = (text: string) => string

const keyLike = [
  // Vendors' prefixes of keys, shown in part (`sk-abc***xyz`) or in full.
  /\b(?:sk|pk|rk|xai|gsk)[-_][\w*.-]{6,}/g,
  /\bAIza[\w-]{10,}/g,
  /\bBearer\s+[\w.~+/=*-]{6,}/gi,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
  // Ids of accounts, which errors about limits like to name.
  /\b(?:key|org|proj|acct|user)[-_][A-Za-z0-9]{12,}\b/g,
  // user:password@ in an address
  /(?<=:\/\/)[^\s/@]+:[^\s/@]*@/g,
]

/** A function that takes `key` and whatever looks like a key out of a text that somebody else wrote. */
export const createRedact = (key: SecretText | null): Redact => {
  const secret = key?.reveal() ?? ''
  return (text) => {
    // A short "key" of a local server (`none`, `x`) is no secret, and cutting it out would only garble the text.
    const known = secret.length >= 8 ? text.replaceAll(secret, '[redacted]') : text
    return keyLike.reduce((cleaned, pattern) => cleaned.replace(pattern, '[redacted]'), known)
  }
}
