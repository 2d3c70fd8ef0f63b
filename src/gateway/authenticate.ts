import type { Authenticate, KeyRecord } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'

/**
 * Says who shows a credential. Without keys (`find` null: mode none and stdio) everybody is the one principal `local`.
 * A wrong and a revoked key are told alike, and nothing of the key comes back.
 */
export const createAuthenticate =
  (find: ((secret: string) => Promise<KeyRecord | null>) | null): Authenticate =>
  async (credential) => {
    if (!find) return { id: 'local', name: 'local', scope: 'admin' }
    if (credential.kind === 'none') throw new GatewayError('missing_api_key', 'This gateway needs an API key.')
    const key = await find(credential.secret)
    if (!key) throw new GatewayError('invalid_api_key', 'The API key is unknown or revoked.')
    return { id: key.id, name: key.name, scope: key.scope, team: key.team, tenant: key.tenant }
  }
