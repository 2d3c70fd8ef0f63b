import { GatewayError } from '../contract/errors.ts'
import type { SecretText } from '../contract/provider.ts'
import type { Clock, Logger, Random } from '../contract/runtime.ts'
import { SecretError } from '../contract/secrets.ts'
import type { LiveSecret } from '../contract/secrets.ts'

interface LiveSecretOptions {
  /** As messages and the log call it; never its text. */
  name: string
  /** @throws SecretError */
  fetch: (signal: AbortSignal) => Promise<string>
  /** Keeps a text from being printed. */
  conceal: (text: string) => SecretText
  /** How long a text is used without asking again; up to a tenth more or less, so that instances do not ask in step. */
  ttlMs: number
  /** Between two questions that were not due: after a failure, or because a provider refused the key. */
  pauseMs: number
  /** How long one question may take. */
  timeoutMs: number
  clock: Clock
  random: Random
  logger: Logger
}

/** What is known of the secret now. */
type Knowledge =
  | { kind: 'nothing' }
  | { kind: 'held'; secret: SecretText; text: string; freshUntilMs: number }
  | { kind: 'failed'; error: SecretError; untilMs: number }

/**
 * A secret that is asked for when it is first needed and again when it has aged. While its source is away the last good
 * text serves on; once the source says that it is gone or forbidden, it serves no more.
 */
export const createLiveSecret = (options: LiveSecretOptions): LiveSecret => {
  const { name, fetch, conceal, ttlMs, pauseMs, timeoutMs, clock, random, logger } = options
  let known: Knowledge = { kind: 'nothing' }
  let running: Promise<void> | null = null
  let renewableAtMs = 0

  const take = (text: string): void => {
    const freshUntilMs = clock.now() + ttlMs * (0.9 + 0.2 * random())
    const isSame = known.kind === 'held' && known.text === text
    if (known.kind === 'held' && !isSame) logger.info({ secret: name }, `the secret ${name} has changed`)
    const secret = known.kind === 'held' && isSame ? known.secret : conceal(text)
    known = { kind: 'held', secret, text, freshUntilMs }
  }

  const fail = (error: SecretError): void => {
    const mayServe = known.kind === 'held' && error.fault === 'unavailable'
    const how = mayServe ? 'the last good one serves on' : 'calls that need it fail'
    logger.warn({ secret: name, fault: error.fault, err: error }, `the secret ${name} cannot be read: ${how}`)
    const untilMs = clock.now() + pauseMs
    known = mayServe && known.kind === 'held' ? { ...known, freshUntilMs: untilMs } : { kind: 'failed', error, untilMs }
  }

  /** One question at a time, whoever asks: it belongs to all who wait, so none of them can break it off. */
  const ask = (): Promise<void> => {
    running ??= fetch(AbortSignal.timeout(timeoutMs))
      .then(take, (error: unknown) => fail(asSecretError(error)))
      .finally(() => {
        running = null
      })
    return running
  }

  const isDue = (): boolean => {
    switch (known.kind) {
      case 'nothing':
        return true
      case 'held':
        return clock.now() >= known.freshUntilMs
      case 'failed':
        return clock.now() >= known.untilMs
    }
  }

  return {
    read: async (signal) => {
      if (isDue()) await unlessAborted(ask(), signal)
      if (known.kind === 'held') return known.secret
      const cause = known.kind === 'failed' ? known.error : undefined
      throw new GatewayError('secret_unavailable', `The secret ${name} cannot be read.`, { cause })
    },
    renew: async (refused, signal) => {
      // Another caller may have had the answer already.
      if (known.kind === 'held' && known.text !== refused.reveal()) return true
      if (clock.now() < renewableAtMs) return false
      renewableAtMs = clock.now() + pauseMs
      await unlessAborted(ask(), signal)
      return known.kind === 'held' && known.text !== refused.reveal()
    },
  }
}

const asSecretError = (thrown: unknown): SecretError =>
  thrown instanceof SecretError ? thrown : new SecretError('unavailable', 'its source failed', { cause: thrown })

const unlessAborted = async (work: Promise<void>, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const leave = (): void => reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
