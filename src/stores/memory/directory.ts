import type { KeyRecord } from '../../contract/caller.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Directory } from '../../contract/store.ts'

/** Keys that live as long as the process. */
export const createDirectory = (): Directory => {
  const keys = new Map<string, KeyRecord>()
  const idOfSecret = new Map<string, string>()

  return {
    keys: async () => [...keys.values()],
    find: async (sha256) => keys.get(idOfSecret.get(sha256) ?? '') ?? null,
    create: async (key) => {
      if (keys.has(key.id) || idOfSecret.has(key.sha256))
        throw new GatewayError('store_unavailable', 'There is such a key already.')
      keys.set(key.id, key)
      idOfSecret.set(key.sha256, key.id)
    },
    revoke: async (id, atMs) => {
      const key = keys.get(id)
      if (!key || key.revokedAtMs !== null) return false
      keys.set(id, { ...key, revokedAtMs: atMs })
      return true
    },
  }
}
