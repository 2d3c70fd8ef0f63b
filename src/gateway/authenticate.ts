import type { Authenticate, Caller, KeyRecord } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'

/**
 * Who shows a credential. Where nobody is asked for one (`findKey` is null: mode none and stdio) everybody is the one
 * principal `local`. A wrong and a revoked key are told alike, and nothing of the key comes back.
 * @param readToken where credentials are access tokens, which are nobody's keys
 */
export const createAuthenticate =
  (
    findKey: ((secret: string) => Promise<KeyRecord | null>) | null,
    readToken: ((token: string) => Promise<Caller>) | null = null,
  ): Authenticate =>
  async (credential) => {
    if (readToken) {
      if (credential.kind === 'none') throw new GatewayError('missing_token', 'This gateway needs an access token.')
      return readToken(credential.secret)
    }
    if (!findKey) return { id: 'local', name: 'local', scope: 'admin' }
    if (credential.kind === 'none') throw new GatewayError('missing_api_key', 'This gateway needs an API key.')
    const key = await findKey(credential.secret)
    if (!key) throw new GatewayError('invalid_api_key', 'The API key is unknown or revoked.')
    return { id: key.id, name: key.name, scope: key.scope, team: key.team, tenant: key.tenant, limits: key.limits }
  }
