/** How a provider row is doing, as this instance has seen it. */
export interface ProviderHealth {
  provider: string
  circuit: 'closed' | 'open' | 'half_open'
  /** Why the circuit is not closed, in words. */
  reason: string | null
  /** When an open circuit lets the next try through. */
  retryAtMs: number | null
  /** Calls running now, how many its row allows, and how many it bears as far as is known: never more. */
  inFlight: number
  maxConcurrent: number
  slots: number
  /** Requests that wait for one of these to end. */
  waiting: number
  /** Over the breaker's window. */
  calls: number
  failures: number
}

/** Speed of one model as measured on its own answers; nulls before the first. */
export interface ModelSpeed {
  firstTokenMs: number | null
  outputTokensPerSecond: number | null
  samples: number
}

export interface HealthView {
  provider(id: string): ProviderHealth
  speed(modelKey: string): ModelSpeed
}
