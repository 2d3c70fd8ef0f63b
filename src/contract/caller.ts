/** What a caller showed at the door. */
export type Credential = { kind: 'none' } | { kind: 'secret'; secret: string }

export const scopes = ['use', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** Who is asking. Only `gateway/authenticate` makes one. */
export interface Caller {
  /** Key id, or `local` for mode none and stdio: what limits, cache and ledger go by. */
  id: string
  name: string
  scope: Scope
  /** Whom else he belongs to, where his key says: who shares answers with him goes by it. */
  team?: string | undefined
  tenant?: string | undefined
}

/** A gateway key as it is kept: never the secret itself. */
export interface KeyRecord {
  id: string
  name: string
  scope: Scope
  team?: string | undefined
  tenant?: string | undefined
  /** SHA-256 of the secret, hex. */
  sha256: string
  createdAtMs: number
  revokedAtMs: number | null
}

export type Authenticate = (credential: Credential) => Promise<Caller>
