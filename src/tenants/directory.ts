import type { KeyRecord, Scope } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Directory } from '../contract/store.ts'
import { findBySecret, hashSecret, mintKeyId, mintSecret } from './keys.ts'

/** Who may come in. */
export interface KeyDirectory {
  /**
   * The key of this secret; null for one that is unknown or revoked.
   * @throws GatewayError store_unavailable while the keys cannot be read: then nobody comes in
   */
  find(secret: string): Promise<KeyRecord | null>
  /**
   * Makes a key. The secret is not kept and cannot be shown again.
   * @throws GatewayError invalid_request for a name that is empty, longer than 100 characters or holds control characters
   */
  create(key: { name: string; scope: Scope }): Promise<{ record: KeyRecord; secret: string }>
  /** Every key, the revoked ones too. */
  list(): Promise<readonly KeyRecord[]>
  /**
   * False when there is no such key or it is revoked already.
   * @throws GatewayError invalid_request for a key of the environment
   */
  revoke(id: string): Promise<boolean>
}

interface KeyDirectoryOptions {
  directory: Directory
  /** Keys of the environment (API_KEY_HASHES), which no store can take back. */
  fixed: readonly KeyRecord[]
  clock: Clock
  /** How long a list that was read holds: a key that another process revoked is refused after this at the latest. */
  refreshMs?: number
}

export const createKeyDirectory = ({ directory, fixed, clock, refreshMs = 500 }: KeyDirectoryOptions): KeyDirectory => {
  let known: { readAtMs: number; records: Promise<readonly KeyRecord[]> } | null = null

  const list = async (): Promise<readonly KeyRecord[]> => [...fixed, ...(await directory.keys())]

  const recent = (): Promise<readonly KeyRecord[]> => {
    const ageMs = known ? clock.now() - known.readAtMs : Infinity
    // A negative age is a clock that was set back.
    if (known && ageMs >= 0 && ageMs < refreshMs) return known.records
    const read = { readAtMs: clock.now(), records: list() }
    // What could not be read is not known: the next request tries again.
    read.records.catch(() => {
      if (known === read) known = null
    })
    known = read
    return read.records
  }

  return {
    find: async (secret) => findBySecret(await recent(), secret),

    create: async ({ name, scope }) => {
      const secret = mintSecret()
      const record: KeyRecord = {
        id: mintKeyId(),
        name: readName(name),
        scope,
        sha256: hashSecret(secret),
        createdAtMs: clock.now(),
        revokedAtMs: null,
      }
      await directory.create(record)
      known = null
      return { record, secret }
    },

    list,

    revoke: async (id) => {
      if (fixed.some((key) => key.id === id))
        throw new GatewayError(
          'invalid_request',
          `Key ${id} comes from API_KEY_HASHES: take it out there and restart.`,
          { param: 'id' },
        )
      const isRevoked = await directory.revoke(id, clock.now())
      known = null
      return isRevoked
    },
  }
}

const readName = (name: string): string => {
  const trimmed = name.trim()
  if (!/^[^\p{Cc}]{1,100}$/u.test(trimmed))
    throw new GatewayError('invalid_request', 'A key needs a name of 1 to 100 characters on one line.', {
      param: 'name',
    })
  return trimmed
}
