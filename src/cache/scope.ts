import { createHmac } from 'node:crypto'
import type { Caller } from '../contract/caller.ts'
import type { Share } from '../contract/settings.ts'

/** Where curated answers are, which everybody reads. */
export const curatedScope = 'global'

/** The name of those who share answers with a caller; null where he belongs to none, and remembers nothing then. */
export type ScopeOf = (caller: Caller) => string | null

/**
 * Names are made with a secret from who the caller was shown to be at the door, never from what a request says: nobody can
 * ask for another's, and who reads the store does not learn whose it is.
 */
export const createScopeOf =
  ({ share, secret }: { share: Share; secret: Uint8Array }): ScopeOf =>
  (caller) => {
    const principal = principalOf(caller, share)
    return (
      principal &&
      createHmac('sha256', secret)
        .update(JSON.stringify([share, ...principal]))
        .digest('base64url')
    )
  }

const principalOf = ({ id, team, tenant }: Caller, share: Share): readonly string[] | null => {
  switch (share) {
    case 'user':
      return id === '' ? null : [id]
    case 'team':
      // Two tenants may have teams of one name.
      return team ? [tenant ?? '', team] : null
    case 'tenant':
      return tenant ? [tenant] : null
  }
}
