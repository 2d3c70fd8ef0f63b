import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after `ms`, or rejects with the signal's reason as soon as it is aborted. */
export const sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted()
  try {
    await delay(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/**
 * A signal that aborts with `reason()` after `ms`, and can be called off. Unlike AbortSignal.timeout it carries the
 * caller's own reason and leaves no timer behind.
 */
export const alarm = (ms: number, reason: () => unknown): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(reason()), ms)
  return { signal: controller.signal, stop: () => clearTimeout(timer) }
}
