import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'

/** Whose rows or entries a question is about: the caller's own, or everybody's, which takes an admin. */
export type Whose = 'mine' | 'all'

/**
 * @param what begins the message: `"Everybody's usage"`
 * @throws GatewayError insufficient_scope
 */
export const requireAdmin = (caller: Caller, what: string): void => {
  if (caller.scope !== 'admin')
    throw new GatewayError('insufficient_scope', `${what} takes a key of scope "admin"; yours has "${caller.scope}".`, {
      scopes: caller.stepUp,
    })
}
