import { GatewayError } from '../../contract/errors.ts'
import type { Receipt } from '../../contract/receipt.ts'
import type { Clock, Logger } from '../../contract/runtime.ts'
import type { LedgerSettings } from '../../contract/settings.ts'
import type { LedgerState, Receipts } from '../../contract/store.ts'
import { backOff } from '../../lib/backoff.ts'
import type { Journal } from './journal.ts'

interface GuardOptions {
  receipts: Receipts
  /** Null where there is no disk. */
  journal: Journal | null
  settings: Pick<LedgerSettings, 'whenAway' | 'journalMaxBytes'>
  /** Finds out whether the database is there, and makes it ready. */
  reach: () => Promise<void>
  /** The receipt itself is at fault, not the database. */
  isReceiptsFault: (thrown: unknown) => boolean
  /** What is wrong with the database, for its owner. */
  describe: (thrown: unknown) => string
  /** Why it could not be reached at the start; null where it was. */
  awayBecause: unknown
  clock: Clock
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

/** Receipts that outlive an absence of their database. */
export interface Guard extends AsyncDisposable {
  receipts: Receipts
  state: LedgerState
  /** Somebody lost a connection: the database is looked after. */
  suspect(): void
}

/** How often it is looked after without a reason, and how often at most while it is away. */
const heartbeatMs = 5_000
const firstLookMs = 200
const lastLookMs = 5_000
/** How long one failed write to the journal counts. */
const journalFaultMs = 5_000

type State = { kind: 'here' } | { kind: 'away'; why: string }

/**
 * Watches over a ledger whose database may go away. While it is away receipts go to the journal: those of answers that were
 * running, so that nothing is lost that somebody paid for, and with `whenAway: 'journal'` those of new requests too. When the
 * database is back, new receipts go there at once, and the journal is handed over behind them, each receipt once by its id.
 */
export const guardReceipts = (options: GuardOptions): Guard => {
  const { receipts, journal, settings, reach, isReceiptsFault, describe, clock, logger } = options
  const stop = new AbortController()
  let state: State = { kind: 'here' }
  let looking: Promise<void> | null = null
  let journalFailedAtMs = -Infinity

  const isHere = (): boolean => state.kind === 'here'

  const leave = (thrown: unknown): void => {
    const why = describe(thrown)
    if (isHere()) logger.error({ err: thrown }, `${why} Receipts wait in the journal.`)
    state = { kind: 'away', why }
  }

  const handOver = async (batch: readonly Receipt[]): Promise<void> => {
    const written = await Promise.allSettled(batch.map((receipt) => receipts.append(receipt)))
    for (const [index, result] of written.entries()) {
      if (result.status === 'fulfilled') continue
      const reason: unknown = result.reason
      if (!isReceiptsFault(reason)) throw reason
      logger.error({ err: reason, receipt: batch[index] }, 'the database refuses a receipt of the journal')
    }
  }

  /** Looks after the database until it is there and has everything. */
  const look = async (): Promise<void> => {
    for (let attempt = 0; !stop.signal.aborted; attempt += 1) {
      try {
        await reach()
        if (!isHere()) logger.info({}, 'PostgreSQL is back')
        state = { kind: 'here' }
        if (!journal || journal.isEmpty()) return
        const bytes = journal.bytes()
        await journal.drain(handOver)
        logger.info({ bytes }, 'the journal is in the ledger')
        if (journal.isEmpty() && isHere()) return
      } catch (thrown) {
        leave(thrown)
      }
      await backOff({ attempt, baseDelayMs: firstLookMs, maxDelayMs: lastLookMs }, stop.signal)
    }
  }

  const suspect = (): void => {
    looking ??= look().finally(() => (looking = null))
  }

  const keep = async (receipt: Receipt, cause: unknown): Promise<void> => {
    if (!journal)
      throw new GatewayError('ledger_unavailable', 'The receipt of this answer could not be written.', { cause })
    try {
      await journal.append(receipt)
      journalFailedAtMs = -Infinity
    } catch (fault) {
      journalFailedAtMs = clock.now()
      throw new GatewayError('ledger_unavailable', 'The receipt of this answer could not be written.', { cause: fault })
    }
  }

  if (options.awayBecause !== null) leave(options.awayBecause)
  if (options.awayBecause !== null || journal?.isEmpty() === false) suspect()
  const heartbeat = setInterval(suspect, heartbeatMs)
  heartbeat.unref()

  return {
    suspect,
    receipts: {
      ...receipts,
      append: async (receipt) => {
        if (state.kind === 'away') return keep(receipt, new Error(state.why))
        try {
          await receipts.append(receipt)
        } catch (thrown) {
          if (isReceiptsFault(thrown)) throw thrown
          leave(thrown)
          suspect()
          await keep(receipt, thrown)
        }
      },
    },
    state: {
      faults: () => (state.kind === 'away' ? [state.why] : []),
      assertWritable: () => {
        if (isHere()) return
        const why = whyNot(settings, journal, clock.now() - journalFailedAtMs < journalFaultMs)
        if (why !== null) throw new GatewayError('ledger_unavailable', why, { retryAfterMs: lastLookMs })
      },
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(heartbeat)
      stop.abort()
      await looking
    },
  }
}

/** Why a request cannot be served while the database is away; null where its receipt has a place. */
const whyNot = (settings: GuardOptions['settings'], journal: Journal | null, isBroken: boolean): string | null => {
  if (settings.whenAway === 'refuse' || !journal)
    return "The gateway's ledger is away, and nothing is spent that could not be written down."
  if (isBroken) return "The gateway's ledger is away, and its journal cannot be written."
  if (journal.bytes() >= settings.journalMaxBytes) return "The gateway's ledger is away, and its journal is full."
  return null
}
