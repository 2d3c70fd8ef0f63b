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
 * A signal that aborts when `parent` does, or with `reason()` after `ms`, until it is called off. For signals that every
 * request needs: AbortSignal.any holds its sources by weak references, which cost more than the rest of a short call.
 */
export const alarmWithin = (
  parent: AbortSignal,
  ms: number,
  reason: () => unknown,
): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController()
  const follow = (): void => controller.abort(parent.reason)
  const timer = setTimeout(() => controller.abort(reason()), ms)
  if (parent.aborted) follow()
  else parent.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', follow)
    },
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
