import type { Limit } from './limit.ts'

/** What a caller showed at the door. */
export type Credential = { kind: 'none' } | { kind: 'secret'; secret: string }

export const scopes = ['use', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** Who is asking. Only `gateway/authenticate` makes one. */
export interface Caller {
  /** Key id, `oauth_` and a hash, or `local` for mode none and stdio: what limits, cache and ledger go by. */
  id: string
  name: string
  scope: Scope
  /** Whom else he belongs to, where his key or a row of config/callers.yaml says: who shares answers with him goes by it. */
  team?: string | undefined
  tenant?: string | undefined
  /** His own limits, in the place of those in config/limits.yaml. */
  limits?: readonly Limit[] | undefined
  /** The OAuth scopes of a token that would make him an admin; unset where no token would, or he is one. */
  stepUp?: readonly [string, ...string[]] | undefined
}

/** A gateway key as it is kept: never the secret itself. */
export interface KeyRecord {
  id: string
  name: string
  scope: Scope
  team?: string | undefined
  tenant?: string | undefined
  /** Its own, in the place of those in config/limits.yaml. */
  limits?: readonly Limit[] | undefined
  /** SHA-256 of the secret, hex. */
  sha256: string
  createdAtMs: number
  revokedAtMs: number | null
}

export type Authenticate = (credential: Credential) => Promise<Caller>
