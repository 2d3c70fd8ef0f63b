import CircuitBreaker from 'opossum'
import type { Clock } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import { judge } from './trip-rule.ts'
import type { CallOutcome } from './trip-rule.ts'

/** Leave to make one call. `done` must be called exactly once, whatever became of it. */
export interface Pass {
  done(outcome: CallOutcome): void
}

export interface BreakerState {
  circuit: 'closed' | 'open' | 'half_open'
  reason: string | null
  retryAtMs: number | null
  calls: number
  failures: number
}

export interface Breaker {
  /** A pass, or null while the circuit is open. A half-open circuit gives out one pass and waits for its outcome. */
  admit(): Pass | null
  /** Rests the deployment for long: its account is out of credit or its keys are refused. */
  restAccount(reason: string): void
  state(): BreakerState
  close(): void
}

/** The window moves on in so many steps. */
const buckets = 10

const trialFailed = new Error('The trial call failed.')

/**
 * The circuit breaker of one deployment, on opossum. Two things opossum leaves to us: calls are counted when they end
 * (a stream that has run for minutes must not dilute the ratio of those that failed meanwhile), and a trial whose
 * caller left proves nothing, so the circuit rests again instead of closing.
 */
export const createBreaker = (options: {
  name: string
  settings: ResilienceSettings['breaker']
  clock: Clock
}): Breaker => {
  const { name, settings, clock } = options
  const circuit = new CircuitBreaker((outcome: Promise<void>) => outcome, {
    name,
    timeout: false,
    errorThresholdPercentage: settings.failureRatio * 100,
    volumeThreshold: settings.minCalls,
    resetTimeout: settings.restMs,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: buckets,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  })
  let openedAtMs = 0
  let accountRest: { untilMs: number; reason: string } | null = null
  circuit.on('open', () => {
    openedAtMs = clock.now()
  })

  const fire = (outcome: Promise<void>): void => void circuit.fire(outcome).catch(() => undefined)

  /** opossum adds up its whole window whenever it is asked; within one of its buckets only what ends here changes it. */
  let tally: { calls: number; failures: number; untilMs: number } | null = null
  const tallied = (): { calls: number; failures: number } => {
    const nowMs = clock.now()
    if (!tally || nowMs >= tally.untilMs) {
      const { fires: calls, failures } = circuit.stats
      tally = { calls, failures, untilMs: nowMs + settings.windowMs / buckets }
    }
    return tally
  }
  const count = (verdict: 'success' | 'failure'): void => {
    if (tally) tally.calls += 1
    if (tally && verdict === 'failure') tally.failures += 1
    fire(verdict === 'success' ? Promise.resolve() : Promise.reject(trialFailed))
  }

  const passWhileClosed: Pass = {
    done: (outcome) => {
      // Opened meanwhile: this call began before, and says nothing about the rest.
      if (!circuit.closed) return
      const verdict = judge(outcome, settings.slowMs)
      if (verdict === 'success' || verdict === 'failure') count(verdict)
    },
  }

  const beginTrial = (): Pass => {
    const trial = Promise.withResolvers<void>()
    tally = null
    fire(trial.promise)
    return {
      done: (outcome) => {
        tally = null
        const verdict = judge(outcome, settings.slowMs)
        if (verdict === 'success') trial.resolve()
        else if (verdict === 'failure') trial.reject(trialFailed)
        else circuit.open()
      },
    }
  }

  return {
    admit: () => {
      if (accountRest && clock.now() < accountRest.untilMs) return null
      if (circuit.closed) return passWhileClosed
      if (circuit.halfOpen && circuit.pendingClose) {
        accountRest = null
        return beginTrial()
      }
      return null
    },
    restAccount: (reason) => {
      accountRest = { untilMs: clock.now() + settings.accountRestMs, reason }
      circuit.open()
    },
    state: () => {
      const { calls, failures } = tallied()
      if (accountRest && clock.now() < accountRest.untilMs)
        return { circuit: 'open', reason: accountRest.reason, retryAtMs: accountRest.untilMs, calls, failures }
      if (circuit.closed) return { circuit: 'closed', reason: null, retryAtMs: null, calls, failures }
      const reason = `${failures} of ${calls} calls failed or were slow`
      if (circuit.halfOpen) return { circuit: 'half_open', reason, retryAtMs: null, calls, failures }
      return { circuit: 'open', reason, retryAtMs: openedAtMs + settings.restMs, calls, failures }
    },
    close: () => circuit.shutdown(),
  }
}
