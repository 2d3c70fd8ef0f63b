import type { Heard } from './caller.ts'
import type { Row } from './ledger.ts'
import type { Bill } from './upstream-thread.ts'

interface Books {
  /** What the upstream did. */
  bills: readonly Bill[]
  /** What the ledger says. */
  rows: readonly Row[]
  /** What the callers saw. */
  heard: readonly Heard[]
  /** The gateway was killed: calls whose end nobody saw may be missing from the ledger. */
  wasKilled?: boolean
}

/**
 * Holds three books against each other, call by call and to the token. What is wrong, a sentence each; empty when
 * nothing is:
 *
 *   - what the upstream was asked has one receipt, was asked once, and runs no more;
 *   - a receipt without a call at the upstream is that of a caller who left;
 *   - a complete receipt has the upstream's tokens; one by our own count is of an answer that broke off;
 *   - an answer whose end a caller saw has a complete receipt with the same cost.
 */
export const audit = ({ bills, rows, heard, wasKilled = false }: Books): string[] => {
  const receipts = groupByCall(rows)
  const asked = groupByCall(bills)
  const seenWhole = new Set(heard.filter(({ kind }) => kind === 'whole').map(({ call }) => call))
  const faults: string[] = []

  for (const [call, [bill, ...more]] of asked) {
    if (more.length > 0) faults.push(`call ${call} reached the upstream ${more.length + 1} times`)
    const mayMiss = wasKilled && !seenWhole.has(call)
    if (bill?.state === 'running') faults.push(`call ${call} still runs upstream`)
    if (bill && !receipts.has(call) && !mayMiss) faults.push(`call ${call} (${bill.state} upstream) has no receipt`)
  }
  for (const [call, [row, ...more]] of receipts) {
    if (more.length > 0) faults.push(`call ${call} has ${more.length + 1} receipts`)
    if (row) faults.push(...faultsOfRow(row, asked.get(call)?.[0]))
  }
  for (const one of heard) {
    if (one.kind !== 'whole') continue
    if (one.fault !== null) faults.push(`call ${one.call}: ${one.fault}`)
    const row = receipts.get(one.call)?.[0]
    if (!row) faults.push(`call ${one.call} was answered and has no receipt`)
    else if (row.id !== one.requestId) faults.push(`call ${one.call} was answered as ${one.requestId}, not ${row.id}`)
    else if (row.outcome !== 'complete')
      faults.push(`call ${one.call} was answered and its receipt says ${row.outcome}`)
    else if (row.costNanoUsd !== one.costNanoUsd)
      faults.push(`call ${one.call} was told ${one.costNanoUsd} nano-dollars, its receipt says ${row.costNanoUsd}`)
  }
  return faults
}

const faultsOfRow = (row: Row, bill: Bill | undefined): string[] => {
  const { call, outcome, usageSource } = row
  if (!bill)
    return outcome === 'client_aborted' ? [] : [`the receipt of call ${call} (${outcome}) has no call upstream`]
  if (usageSource !== 'provider')
    return outcome === 'complete' ? [`the receipt of call ${call} is complete, by ${usageSource} usage`] : []
  const isSame = row.inputTokens === bill.inputTokens && row.outputTokens === bill.outputTokens
  if (isSame) return []
  const booked = `${row.inputTokens} and ${row.outputTokens}`
  return [`call ${call} used ${bill.inputTokens} and ${bill.outputTokens} tokens, its receipt says ${booked}`]
}

const groupByCall = <Entry extends { call: number }>(entries: readonly Entry[]): Map<number, Entry[]> =>
  Map.groupBy(entries, ({ call }) => call)

/** The books in figures: both sides of whole calls, where they must agree. */
export const sums = ({ bills, rows, heard }: Books): Record<string, number> => {
  const whole = bills.filter(({ state }) => state === 'whole')
  const complete = rows.filter(({ outcome }) => outcome === 'complete')
  return {
    answered: heard.filter(({ kind }) => kind === 'whole').length,
    upstreamRequests: bills.length,
    receipts: rows.length,
    upstreamTokens: whole.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0),
    receiptTokens: complete.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0),
  }
}
