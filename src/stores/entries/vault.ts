import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  scrypt,
} from 'node:crypto'
import type { KeyObject, ScryptOptions } from 'node:crypto'
import type { SecretText } from '../../contract/provider.ts'

/** What may be read only with the right key, and not be changed unseen. */
export interface Vault {
  /** Tells the key in use from others; says nothing about it. */
  keyName: string
  /** Whether what was sealed under this key can be opened. */
  knows(keyName: string): boolean
  /** Stands for a text that must not be read: the same for the same text, under the key in use. */
  mac(text: string): Uint8Array
  /** The same under every key that is known, the one in use first: by which older things may lie. */
  macs(text: string): readonly Uint8Array[]
  /** AES-256-GCM with a nonce of its own. `place`: where it stands; it opens nowhere else. */
  seal(plain: Uint8Array, place: string): Uint8Array
  /** Null for what is damaged, stands elsewhere, or was sealed under a key that is not known. */
  open(sealed: Uint8Array, place: string, keyName: string): Buffer | null
  /** 32 bytes that are the same wherever the key is, for other purposes than sealing. */
  derive(purpose: string): Uint8Array
}

/** CACHE_KEY, and the one before it, under which older entries still lie. */
export interface CacheKeys {
  current: SecretText
  previous: SecretText | null
}

const nonceBytes = 12
const tagBytes = 16

// Bytes would be made a key anew for each use, which takes longer than the use.
interface Key {
  name: string
  cipher: KeyObject
  mac: KeyObject
  root: Uint8Array
}

/** Makes the keys: at once from 32 random bytes, in about half a second from a passphrase. */
export const createVault = async ({ current, previous }: CacheKeys): Promise<Vault> => {
  const inUse = await makeKey(current)
  const keys = new Map([[inUse.name, inUse]])
  if (previous) {
    const before = await makeKey(previous)
    keys.set(before.name, before)
  }
  const macUnder = ({ mac }: Key, text: string): Uint8Array => createHmac('sha256', mac).update(text).digest()
  return {
    keyName: inUse.name,
    knows: (keyName) => keys.has(keyName),
    mac: (text) => macUnder(inUse, text),
    macs: (text) => [...keys.values()].map((key) => macUnder(key, text)),
    seal: (plain, place) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', inUse.cipher, nonce).setAAD(placeOf(place, inUse))
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text])
    },
    open: (sealed, place, keyName) => {
      const key = keys.get(keyName)
      if (!key || sealed.length < nonceBytes + tagBytes) return null
      const nonce = sealed.subarray(0, nonceBytes)
      const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes)
      const options = { authTagLength: tagBytes }
      const decipher = createDecipheriv('aes-256-gcm', key.cipher, nonce, options).setAAD(placeOf(place, key))
      try {
        const text = decipher.setAuthTag(tag).update(sealed.subarray(nonceBytes + tagBytes))
        return Buffer.concat([text, decipher.final()])
      } catch {
        return null
      }
    },
    derive: (purpose) => expand(inUse.root, purpose),
  }
}

const placeOf = (place: string, { name }: Key): Buffer => Buffer.from(`${name} ${place}`)

const makeKey = async (secret: SecretText): Promise<Key> => {
  const root = await rootOf(secret.reveal())
  return {
    name: Buffer.from(expand(root, 'name')).toString('hex', 0, 8),
    cipher: createSecretKey(expand(root, 'cipher')),
    mac: createSecretKey(expand(root, 'mac')),
    root,
  }
}

const expand = (root: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', root, '', `ai-gateway-mcp cache ${purpose}`, 32))

/** 32 bytes in base64 are a key as they are; anything else is a phrase that somebody may try to guess. */
const rootOf = async (text: string): Promise<Uint8Array> =>
  /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : stretch(text)

// One salt for all: gateways that share a store must come to the same key from the same phrase, and nothing else.
const salt = 'ai-gateway-mcp cache key'

/** OWASP's cost for scrypt (Password Storage Cheat Sheet, 2025): 128 MB for a moment. */
const cost: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }

const stretch = (phrase: string): Promise<Uint8Array> =>
  new Promise((resolve, reject) =>
    scrypt(phrase, salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key))),
  )
