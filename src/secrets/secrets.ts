import type { KeySource, LiveSecret, SecretReference } from '../contract/secrets.ts'
import type { SecretText } from '../contract/provider.ts'
import type { Clock, Logger, Random } from '../contract/runtime.ts'
import type { SecretSettings } from '../contract/settings.ts'
import { readSecretFile } from './files.ts'
import { createLiveSecret } from './live-secret.ts'
import { createSecretManager } from './secret-manager.ts'

/** Between two questions that were not due, so that a revoked key does not become a storm of questions. */
const pauseMs = 10_000
/** One question: a caller waits for it. */
const timeoutMs = 5_000

/** The secrets of this gateway, wherever they lie. */
export interface Secrets extends AsyncDisposable {
  /** A key as the configuration has it: itself, or the live secret that it refers to. The same one for the same reference. */
  open(key: SecretText | SecretReference): KeySource
}

export const createSecrets = (options: {
  settings: SecretSettings
  conceal: (text: string) => SecretText
  clock: Clock
  random: Random
  logger: Logger
}): Secrets => {
  const { settings, ...parts } = options
  const manager = createSecretManager(settings.endpoint)
  const opened = new Map<string, LiveSecret>()

  const fetch = (reference: SecretReference, signal: AbortSignal): Promise<string> => {
    switch (reference.kind) {
      case 'file':
        return readSecretFile(reference.path, signal)
      case 'secret-manager':
        return manager.fetch(reference, timeoutMs)
    }
  }

  return {
    open: (key) => {
      if ('reveal' in key) return key
      const name = nameOf(key)
      const secret =
        opened.get(name) ??
        createLiveSecret({
          ...parts,
          name,
          fetch: (signal) => fetch(key, signal),
          ttlMs: settings.ttlMs,
          pauseMs,
          timeoutMs,
        })
      opened.set(name, secret)
      return secret
    },
    [Symbol.asyncDispose]: () => manager[Symbol.asyncDispose](),
  }
}

/** As the environment writes it. */
const nameOf = (reference: SecretReference): string => {
  switch (reference.kind) {
    case 'file':
      return `file:${reference.path}`
    case 'secret-manager': {
      const { project, name, version } = reference
      return `secret-manager:${project === null ? '' : `${project}/`}${name}@${version}`
    }
  }
}
