import type { SecretText } from './provider.ts'

/** Where a secret lies when the configuration does not hold it itself. */
export type SecretReference =
  /** A mounted file, absolute; its content without blanks around it. */
  | { kind: 'file'; path: string }
  /** Google Cloud's Secret Manager. `project` null: the one that the gateway runs in. `version`: a number, `latest` or an alias. */
  | { kind: 'secret-manager'; project: string | null; name: string; version: string }

/**
 * A secret that its owner may change while the gateway runs. A call keeps the text that it began with.
 */
export interface LiveSecret {
  /**
   * As it is now: from memory while that is fresh, else asked for, once for all who want it.
   * @throws GatewayError secret_unavailable; the reason of `signal`
   */
  read(signal: AbortSignal): Promise<SecretText>
  /** Asks at once whether there is another one, since this one was refused. True: there is. Never throws but for `signal`. */
  renew(refused: SecretText, signal: AbortSignal): Promise<boolean>
}

/** A key of a provider row: fixed, or one that may change. */
export type KeySource = SecretText | LiveSecret

export const isLive = (key: KeySource): key is LiveSecret => 'renew' in key

/** What a source says of a secret that it could not give. */
export type SecretFault =
  /** It is out of reach for the moment: what was last good may be used on. */
  | 'unavailable'
  /** It is gone, forbidden or disabled: nothing that was known of it may be used any more. */
  | 'withdrawn'

/** Why a secret could not be had; never its text. */
export class SecretError extends Error {
  readonly fault: SecretFault

  constructor(fault: SecretFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SecretError'
    this.fault = fault
  }
}
