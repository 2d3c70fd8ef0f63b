import { hash, randomBytes, randomInt } from 'node:crypto'

// Without the letters and digits that people take for one another.
const idAlphabet = '23456789abcdefghjkmnpqrstuvwxyz'
const idLength = 8

/** A new secret: `gw_` and 256 random bits in 43 base64url characters. Shown once, kept nowhere. */
export const mintSecret = (): string => `gw_${randomBytes(32).toString('base64url')}`

/** A new key's public name, e.g. `key_7h3mq9xk`: short enough to read out, and what limits, cache and ledger go by. */
export const mintKeyId = (): string =>
  `key_${Array.from({ length: idLength }, () => idAlphabet.charAt(randomInt(idAlphabet.length))).join('')}`

/**
 * What is kept of a secret: SHA-256, hex. A slow hash would guard passwords that people choose; nobody guesses 256 random
 * bits, and this one runs on every request.
 */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'hex')
