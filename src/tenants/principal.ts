import { hash } from 'node:crypto'

/** Somebody whom an issuer vouches for. */
export interface Principal {
  issuer: string
  subject: string
  /** In small letters; null where the issuer does not call it verified. */
  email: string | null
  /** The domain that the account belongs to; null where nobody vouches for one. */
  domain: string | null
  groups: readonly string[]
  /** What the token may be used for. */
  scopes: ReadonlySet<string>
}

/**
 * The id of a principal whom no row gives one: the same for ever, the same on every instance, and nothing of it tells who
 * it is. It is written to ledger and log, so it holds neither subject nor email.
 */
export const principalId = ({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>): string =>
  `oauth_${hash('sha256', JSON.stringify([issuer, subject]), 'hex').slice(0, 32)}`
