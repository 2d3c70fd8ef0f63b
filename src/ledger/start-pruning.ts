import type { Clock, Logger } from '../contract/runtime.ts'
import type { LedgerSettings } from '../contract/settings.ts'
import type { Receipts } from '../contract/store.ts'

const dayMs = 86_400_000
const everyMs = 6 * 3_600_000

interface PruningOptions {
  receipts: Pick<Receipts, 'prune'>
  settings: LedgerSettings
  clock: Clock
  logger: Logger
}

/** Deletes receipts that are older than the retention, now and every six hours; disposing waits for what runs. */
export const startPruning = ({ receipts, settings, clock, logger }: PruningOptions): AsyncDisposable => {
  const { retentionDays } = settings
  if (retentionDays === 0) return { [Symbol.asyncDispose]: async () => {} }

  const prune = async (): Promise<void> => {
    try {
      const deleted = await receipts.prune(clock.now() - retentionDays * dayMs)
      if (deleted > 0) logger.info({ deleted }, `deleted ${deleted} receipts older than ${retentionDays} days`)
    } catch (err) {
      logger.error({ err }, 'old receipts could not be deleted')
    }
  }
  let running = prune()
  const timer = setInterval(() => {
    running = running.then(prune)
  }, everyMs)
  timer.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await running
    },
  }
}
