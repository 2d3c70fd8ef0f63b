import type { KeyRecord } from '../../contract/caller.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Directory } from '../../contract/store.ts'

/** Keys that live as long as the process. */
export const createDirectory = (): Directory => {
  const keys = new Map<string, KeyRecord>()

  return {
    keys: async () => [...keys.values()],
    create: async (key) => {
      const isTaken = keys.values().some(({ id, sha256 }) => id === key.id || sha256 === key.sha256)
      if (isTaken) throw new GatewayError('store_unavailable', 'There is such a key already.')
      keys.set(key.id, key)
    },
    revoke: async (id, atMs) => {
      const key = keys.get(id)
      if (!key || key.revokedAtMs !== null) return false
      keys.set(id, { ...key, revokedAtMs: atMs })
      return true
    },
  }
}
