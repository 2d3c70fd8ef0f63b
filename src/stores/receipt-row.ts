import type { Usage } from '../contract/chat.ts'
import type { Receipt } from '../contract/receipt.ts'

export type ReceiptRow = ReturnType<typeof rowOf>

/**
 * A receipt as the columns of its row.
 * @throws TypeError for a count that is no whole number or an amount beyond 63 bits: better here, alone, than in a commit
 *   shared with others
 */
export const rowOf = (receipt: Receipt) => {
  const { caller, served, usage, timings, tags } = receipt
  return {
    id: receipt.id,
    received_at_ms: Math.floor(receipt.receivedAtMs),
    caller_id: caller.id,
    caller_name: caller.name,
    face: receipt.face,
    operation: receipt.operation,
    client_request_id: receipt.clientRequestId,
    trace_id: receipt.traceId,
    requested_model: receipt.requestedModel,
    task: receipt.task?.task ?? null,
    provider: served?.provider ?? null,
    model: served?.model ?? null,
    answered_model: served?.answeredModel ?? null,
    input_tokens: whole(usage?.inputTokens),
    cache_read_tokens: whole(usage?.cacheReadTokens),
    cache_write_tokens: whole(usage?.cacheWriteTokens),
    cache_write_1h_tokens: whole(usage?.cacheWrite1hTokens),
    output_tokens: whole(usage?.outputTokens),
    reasoning_tokens: whole(usage?.reasoningTokens),
    usage_source: usage?.source ?? null,
    price_id: receipt.priceId,
    cost_nano_usd: amount(receipt.costNanoUsd),
    saved_nano_usd: amount(receipt.savedNanoUsd),
    cache: receipt.cache,
    cache_reason: receipt.cacheReason,
    outcome: receipt.outcome,
    error_code: receipt.errorCode,
    first_token_ms: timings.firstTokenMs,
    admit_ms: timings.admitMs,
    recall_ms: timings.recallMs,
    route_ms: timings.routeMs,
    total_ms: timings.totalMs,
    user: tags.user,
    metadata: tags.metadata,
    simulated: receipt.simulated,
    document: writeDocument(receipt),
  }
}

const whole = (count: number | undefined): number | null => {
  if (count === undefined) return null
  if (!Number.isSafeInteger(count)) throw new TypeError(`${count} is not a count`)
  return count
}

const amount = (nanoUsd: bigint | null): bigint | null => {
  if (nanoUsd !== null && BigInt.asIntN(64, nanoUsd) !== nanoUsd)
    throw new TypeError(`${nanoUsd} nano-dollars are too many`)
  return nanoUsd
}

// JSON has no bigint, and a number would be rounded by most who read it. The list tells an amount from the caller's
// metadata, which may have any name as a field but only texts as values.
const amountField = '$nanoUsd'

const writeAmount = (nanoUsd: bigint): object => ({ [amountField]: [nanoUsd.toString()] })
const writeCost = (nanoUsd: bigint | null): object | null => (nanoUsd === null ? null : writeAmount(nanoUsd))
const writeUsage = (usage: Usage | null): object | null =>
  usage?.reportedCostNanoUsd === undefined
    ? usage
    : { ...usage, reportedCostNanoUsd: writeAmount(usage.reportedCostNanoUsd) }

/** A receipt as one line of JSON, from which `readDocument` makes it again. */
// Amounts are named one by one: a replacer, asked for every value of every receipt, takes several times as long. One that
// is forgotten here cannot be lost: JSON.stringify throws on it.
export const writeDocument = (receipt: Receipt): string =>
  JSON.stringify({
    ...receipt,
    costNanoUsd: writeCost(receipt.costNanoUsd),
    savedNanoUsd: writeAmount(receipt.savedNanoUsd),
    usage: writeUsage(receipt.usage),
    tries: receipt.tries.map((attempt) => ({
      ...attempt,
      costNanoUsd: writeCost(attempt.costNanoUsd),
      usage: writeUsage(attempt.usage),
    })),
  })

/**
 * The receipt of a `document` column.
 * @throws SyntaxError, TypeError for a text that `writeDocument` did not write
 */
export const readDocument = (document: string): Receipt => {
  const read: unknown = JSON.parse(document, (_key, value: unknown) =>
    isRecord(value) && Array.isArray(value[amountField]) ? BigInt(String(value[amountField][0])) : value,
  )
  if (!isReceipt(read)) throw new TypeError('This row holds no receipt')
  return read
}

/** Enough to tell a receipt from a stranger's text: the whole was typed when it was written. */
const isReceipt = (value: unknown): value is Receipt =>
  isRecord(value) && 'id' in value && 'tries' in value && 'savedNanoUsd' in value

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
