import { GatewayError } from '../contract/errors.ts'
import type { Priority } from '../contract/priority.ts'
import type { Clock } from '../contract/runtime.ts'
import type { ConcurrencySettings } from '../contract/settings.ts'
import { createAdaptiveLimit } from './adaptive.ts'
import type { CallVerdict } from './adaptive.ts'
import { createLine } from './line.ts'
import type { Turned, Waiter } from './line.ts'

/** One running call's place at a provider; given back when disposed. */
export interface Slot extends Disposable {
  /** Says what the call has shown of the provider, before it is given back. */
  tell(verdict: CallVerdict): void
}

/** How a wait in line ended. `left`: the caller did not want it any more. */
export type WaitEnd = 'served' | 'left' | Turned

export interface Bulkhead {
  /**
   * Takes a slot at once, or waits in line for one when `wait` is set: who has the higher priority goes first.
   * @throws GatewayError provider_busy where the line is full or the wait too long; the signal's reason while waiting
   */
  acquire(options: { wait: boolean; priority: Priority }, signal: AbortSignal): Promise<Slot>
  inFlight(): number
  /** Calls that may run now. */
  slots(): number
  /** How many wait in line. */
  waiting(): number
}

interface BulkheadOptions {
  provider: string
  maxConcurrent: number
  settings: ConcurrencySettings
  /** Told of each wait in line. */
  waited: (wait: { provider: string; waitMs: number; end: WaitEnd }) => void
  clock: Clock
}

/** Weight of the newest call in the running average. */
const newestWeight = 0.1
/** What a caller is told to wait at least. */
const leastWaitMs = 1_000

/**
 * Bounds how many calls run at one provider at a time, so that one slow provider cannot hold all of the gateway, and so
 * that one that has too much to do gets less.
 */
export const createBulkhead = (options: BulkheadOptions): Bulkhead => {
  const { provider, maxConcurrent, settings, waited, clock } = options
  const adaptive = createAdaptiveLimit({ max: maxConcurrent, settings, clock })
  const line = createLine(settings.maxWaiting)
  let running = 0
  let averageMs = 0

  /** Lets in whoever there is room for. */
  const letIn = (): void => {
    while (running < adaptive.now()) {
      const first = line.next()
      if (!first) return
      running += 1
      first.go()
    }
  }

  const slot = (): Slot => {
    const startedAtMs = clock.now()
    let verdict: CallVerdict = 'neither'
    let held = true
    return {
      tell: (said) => {
        verdict = said
      },
      [Symbol.dispose]: () => {
        if (!held) return
        held = false
        const tookMs = Math.max(0, clock.now() - startedAtMs)
        averageMs += (averageMs === 0 ? 1 : newestWeight) * (tookMs - averageMs)
        adaptive.learn(verdict, { startedAtMs, running })
        running -= 1
        letIn()
      },
    }
  }

  /** `retryAfterMs`: what it takes the calls in line to get their turn, as calls take of late. */
  const busy = (message: string): GatewayError =>
    new GatewayError('provider_busy', message, {
      provider,
      retryAfterMs: Math.max(leastWaitMs, Math.ceil((averageMs * (line.length() + 1)) / adaptive.now())),
    })

  const whyTurned: Readonly<Record<Turned, () => GatewayError>> = {
    full: () =>
      busy(`All ${adaptive.now()} slots of ${provider} are taken, and ${line.length()} requests wait for one.`),
    late: () => busy(`No slot of ${provider} came free within ${settings.maxWaitMs} ms.`),
    displaced: () => busy(`The slots of ${provider} are taken, and requests of higher priority wait for them.`),
  }

  const waitInLine = async (priority: Priority, signal: AbortSignal): Promise<void> => {
    const joinedAtMs = clock.now()
    const turn = Promise.withResolvers<WaitEnd>()
    const waiter: Waiter = { priority, go: () => turn.resolve('served'), turnAway: turn.resolve }
    const leaveLine = (end: WaitEnd) => (): void => {
      line.leave(waiter)
      turn.resolve(end)
    }
    const leave = leaveLine('left')
    const timer = setTimeout(leaveLine('late'), settings.maxWaitMs)
    signal.addEventListener('abort', leave, { once: true })
    try {
      if (!line.join(waiter)) turn.resolve('full')
      const end = await turn.promise
      waited({ provider, waitMs: Math.max(0, clock.now() - joinedAtMs), end })
      if (end === 'served') return
      throw end === 'left' ? signal.reason : whyTurned[end]()
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
    }
  }

  return {
    acquire: async ({ wait, priority }, signal) => {
      signal.throwIfAborted()
      letIn()
      if (running < adaptive.now()) running += 1
      else if (wait) await waitInLine(priority, signal)
      else throw busy(`All ${adaptive.now()} slots of ${provider} are taken.`)
      return slot()
    },
    inFlight: () => running,
    slots: () => adaptive.now(),
    waiting: () => line.length(),
  }
}
