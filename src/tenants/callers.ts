import type { Caller } from '../contract/caller.ts'
import { GatewayError } from '../contract/errors.ts'
import type { CallerRow, OauthSettings } from '../contract/settings.ts'
import { principalId } from './principal.ts'
import type { Principal } from './principal.ts'

/**
 * Who a principal is here. A row says the most that he may do, his token what it may be used for: he is an admin where
 * both say so.
 * @returns a function that throws GatewayError unknown_principal, insufficient_scope
 */
export const createCallerOf = ({
  callers,
  unmapped,
  scopes,
}: Pick<OauthSettings, 'callers' | 'unmapped' | 'scopes'>): ((principal: Principal) => Caller) => {
  const wanted = [scopes.use, scopes.admin].filter((scope) => scope !== null)

  return (principal) => {
    const id = principalId(principal)
    const row = callers.find((each) => isAbout(each, principal, id)) ?? (unmapped === 'use' ? stranger : null)
    if (!row) throw new GatewayError('unknown_principal', `No row of config/callers.yaml lets ${id} in.`)

    const has = (scope: string | null): boolean => scope === null || principal.scopes.has(scope)
    // Who may do more may do less.
    const mayUse = has(scopes.use) || (scopes.admin !== null && has(scopes.admin))
    if (!mayUse)
      throw new GatewayError('insufficient_scope', `The token lacks the scope "${scopes.use}".`, {
        scopes: scopes.use === null ? [] : [scopes.use],
      })
    const isAdmin = row.scope === 'admin' && has(scopes.admin)
    const [first, ...others] = row.scope === 'admin' && !isAdmin ? wanted : []
    return {
      id: row.id ?? id,
      name: row.name,
      scope: isAdmin ? 'admin' : 'use',
      ...(row.team === undefined ? {} : { team: row.team }),
      ...(row.tenant === undefined ? {} : { tenant: row.tenant }),
      ...(first === undefined ? {} : { stepUp: [first, ...others] as const }),
    }
  }
}

/** Whoever comes in without a row. */
const stranger: Pick<CallerRow, 'id' | 'name' | 'scope' | 'team' | 'tenant'> = { name: 'without a row', scope: 'use' }

const isAbout = (row: CallerRow, principal: Principal, id: string): boolean =>
  (row.issuer === undefined || row.issuer === principal.issuer) &&
  (row.subject === undefined || row.subject === principal.subject) &&
  (row.email === undefined || row.email.toLowerCase() === principal.email) &&
  (row.domain === undefined || row.domain.toLowerCase() === principal.domain) &&
  (row.group === undefined || principal.groups.includes(row.group)) &&
  (row.principal === undefined || row.principal === id)
