import type { KeyRecord, Scope } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Limit } from '../contract/limit.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Directory } from '../contract/store.ts'
import { hashSecret, mintKeyId, mintSecret } from './keys.ts'

/** Who may come in. */
export interface KeyDirectory {
  /**
   * The key of this secret; null for one that is unknown or revoked.
   * @throws GatewayError store_unavailable while the keys cannot be read: then only keys of the environment come in
   */
  find(secret: string): Promise<KeyRecord | null>
  /**
   * Makes a key. The secret is not kept and cannot be shown again.
   * @throws GatewayError invalid_request for a name that is empty, longer than 100 characters or holds control characters
   */
  create(key: {
    name: string
    scope: Scope
    team?: string | undefined
    tenant?: string | undefined
    limits?: readonly Limit[] | undefined
  }): Promise<{ record: KeyRecord; secret: string }>
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
}

/**
 * Keys are found by their hash, one question a request, so that ten thousand take no longer than one, and a key that another
 * process revoked is refused as soon as the directory knows. The time that a search by hash takes tells nothing of use: who
 * wants to come nearer to a hash would have to choose secrets by their SHA-256.
 */
export const createKeyDirectory = ({ directory, fixed, clock }: KeyDirectoryOptions): KeyDirectory => {
  const fixedBySha256 = new Map(fixed.map((key) => [key.sha256, key]))

  return {
    find: async (secret) => {
      const sha256 = hashSecret(secret)
      const key = fixedBySha256.get(sha256) ?? (await directory.find(sha256))
      return key?.revokedAtMs === null ? key : null
    },

    create: async ({ name, scope, team, tenant, limits }) => {
      const secret = mintSecret()
      const record: KeyRecord = {
        id: mintKeyId(),
        name: readName(name, 'A key'),
        scope,
        ...(team === undefined ? {} : { team: readName(team, 'A team') }),
        ...(tenant === undefined ? {} : { tenant: readName(tenant, 'A tenant') }),
        ...(limits === undefined ? {} : { limits }),
        sha256: hashSecret(secret),
        createdAtMs: clock.now(),
        revokedAtMs: null,
      }
      await directory.create(record)
      return { record, secret }
    },

    list: async () => [...fixed, ...(await directory.keys())],

    revoke: async (id) => {
      if (fixed.some((key) => key.id === id))
        throw new GatewayError(
          'invalid_request',
          `Key ${id} comes from API_KEY_HASHES: take it out there and restart.`,
          { param: 'id' },
        )
      return directory.revoke(id, clock.now())
    },
  }
}

const readName = (name: string, whose: string): string => {
  const trimmed = name.trim()
  if (!/^[^\p{Cc}]{1,100}$/u.test(trimmed))
    throw new GatewayError('invalid_request', `${whose} needs a name of 1 to 100 characters on one line.`, {
      param: 'name',
    })
  return trimmed
}
