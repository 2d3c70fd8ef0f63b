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

/** What one instance learns for all. */
export type BreakerNews = { kind: 'failed'; untilMs: number; reason: string } | { kind: 'recovered' }

export interface Breaker {
  /** A pass, or null while the circuit is open. A half-open circuit gives out one pass and waits for its outcome. */
  admit(): Promise<Pass | null>
  /** Rests the deployment for long: its account is out of credit or its keys are refused. */
  restAccount(reason: string): void
  /** What another instance learnt: believed for one rest at most, and never over a trial of our own. */
  hear(news: BreakerNews): void
  state(): BreakerState
  close(): void
}

/** What ties it to the same deployment's breakers in other instances. */
export interface BreakerTies {
  tell: (news: BreakerNews) => void
  /** Asks for the one trial that all instances make together. */
  takeTurn: () => Promise<{ over(): void } | { theirsForMs: number }>
}

/** The window moves on in so many steps. */
const buckets = 10

const trialFailed = new Error('The trial call failed.')

/**
 * The circuit breaker of one deployment, on opossum. Two things opossum leaves to us: calls are counted when they end
 * (a stream that has run for minutes must not dilute the ratio of those that failed meanwhile), and a trial whose
 * caller left proves nothing, so the circuit rests again instead of closing. Beside it stand the rests that are no matter of
 * counting: of an account at fault, and of what other instances saw.
 */
export const createBreaker = (options: {
  name: string
  settings: ResilienceSettings['breaker']
  clock: Clock
  /** Null: this is the only instance. @default null */
  ties?: BreakerTies | null
}): Breaker => {
  const { name, settings, clock, ties = null } = options
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
  let rest: { untilMs: number; reason: string; isAccount: boolean } | null = null
  let isTrying = false
  let isAsking = false
  /** Another instance tries it. */
  let theirsUntilMs = 0

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
  const reasonOf = ({ calls, failures }: { calls: number; failures: number }): string =>
    failures > 0 ? `${failures} of ${calls} calls failed or were slow` : 'its trial call failed'

  let isQuiet = false
  circuit.on('open', () => {
    openedAtMs = clock.now()
    if (!isQuiet) ties?.tell({ kind: 'failed', untilMs: openedAtMs + settings.restMs, reason: reasonOf(tallied()) })
  })
  /** Nothing that others should go by. */
  const openQuietly = (): void => {
    isQuiet = true
    circuit.open()
    isQuiet = false
  }

  const isClosed = (): boolean => circuit.closed && rest === null
  const isTrialDue = (): boolean =>
    !isTrying &&
    !isAsking &&
    clock.now() >= Math.max(theirsUntilMs, rest?.untilMs ?? 0) &&
    (circuit.closed || (circuit.halfOpen && circuit.pendingClose))

  const passWhileClosed: Pass = {
    done: (outcome) => {
      // Opened meanwhile: this call began before, and says nothing about the rest.
      if (!isClosed()) return
      const verdict = judge(outcome, settings.slowMs)
      if (verdict === 'success' || verdict === 'failure') count(verdict)
    },
  }

  const beginTrial = (turn: { over(): void } | null): Pass => {
    const trial = circuit.halfOpen ? Promise.withResolvers<void>() : null
    isTrying = true
    tally = null
    if (trial) fire(trial.promise)
    return {
      done: (outcome) => {
        isTrying = false
        tally = null
        // One that was set meanwhile holds.
        if (rest && clock.now() >= rest.untilMs) rest = null
        const verdict = judge(outcome, settings.slowMs)
        if (verdict === 'success') {
          trial?.resolve()
          ties?.tell({ kind: 'recovered' })
        } else if (verdict === 'failure') {
          if (trial) trial.reject(trialFailed)
          else circuit.open()
        } else openQuietly()
        turn?.over()
      },
    }
  }

  return {
    admit: async () => {
      if (isClosed()) return passWhileClosed
      if (!isTrialDue()) return null
      if (!ties) return beginTrial(null)
      isAsking = true
      const turn = await ties.takeTurn()
      isAsking = false
      if ('theirsForMs' in turn) {
        theirsUntilMs = clock.now() + turn.theirsForMs
        return null
      }
      // What others learnt may have come meanwhile.
      if (!isClosed() && isTrialDue()) return beginTrial(turn)
      turn.over()
      return isClosed() ? passWhileClosed : null
    },
    restAccount: (reason) => {
      rest = { untilMs: clock.now() + settings.accountRestMs, reason, isAccount: true }
    },
    hear: (news) => {
      if (isTrying) return
      theirsUntilMs = 0
      if (rest?.isAccount && clock.now() < rest.untilMs) return
      if (news.kind === 'recovered') {
        rest = null
        tally = null
        circuit.close()
        return
      }
      const untilMs = Math.min(news.untilMs, clock.now() + settings.restMs)
      if (untilMs <= Math.max(clock.now(), rest?.untilMs ?? 0)) return
      rest = { untilMs, reason: `another instance found that ${news.reason}`, isAccount: false }
    },
    state: () => {
      const { calls, failures } = tallied()
      if (rest && clock.now() < rest.untilMs)
        return { circuit: 'open', reason: rest.reason, retryAtMs: rest.untilMs, calls, failures }
      if (isClosed()) return { circuit: 'closed', reason: null, retryAtMs: null, calls, failures }
      const reason = rest?.reason ?? reasonOf({ calls, failures })
      if (!circuit.opened) return { circuit: 'half_open', reason, retryAtMs: null, calls, failures }
      return { circuit: 'open', reason, retryAtMs: openedAtMs + settings.restMs, calls, failures }
    },
    close: () => circuit.shutdown(),
  }
}
