import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import type { RateSettings } from '../contract/settings.ts'
import type { Counters } from '../contract/store.ts'

/** Leave for one request. */
export interface RateTicket {
  /** Requests that the caller has left now; Infinity without a limit. */
  remaining: number
  /** Until one more is free. */
  resetMs: number
  /** Uncounts the request, once. */
  giveBack(): Promise<void>
}

interface RateLimit {
  /** @throws GatewayError rate_limited, saying how long to wait */
  take(callerId: string): Promise<RateTicket>
}

interface RateLimitOptions {
  counters: Counters
  clock: Clock
  /** Null: no limit. */
  settings: RateSettings | null
}

/** At most `maxRequests` of a caller in any window of `windowMs`, wherever the window is laid. */
export const createRateLimit = ({ counters, clock, settings }: RateLimitOptions): RateLimit => ({
  take: async (callerId) => {
    if (!settings) return { remaining: Infinity, resetMs: 0, giveBack: async () => {} }
    const { windowMs, maxRequests } = settings
    const key = `rate:${callerId}`
    const nowMs = clock.now()
    const verdict = await counters.hit({ key, nowMs, windowMs, max: maxRequests })
    if (!verdict.allowed) throw refusal(settings, verdict.retryAfterMs)

    let isHeld = true
    return {
      remaining: verdict.remaining,
      resetMs: verdict.resetMs,
      giveBack: async () => {
        if (!isHeld) return
        isHeld = false
        await counters.settle({ key, atMs: nowMs, change: -1 })
      },
    }
  },
})

const refusal = ({ windowMs, maxRequests }: RateSettings, retryAfterMs: number): GatewayError =>
  new GatewayError(
    'rate_limited',
    `This key may make ${maxRequests} requests in ${seconds(windowMs)} and has made them; ` +
      `the next is free in ${seconds(retryAfterMs)}.`,
    { retryAfterMs },
  )

/** Rounded up: who waits as long as it says is not refused again. */
const seconds = (ms: number): string => `${Math.ceil(ms / 100) / 10} s`
