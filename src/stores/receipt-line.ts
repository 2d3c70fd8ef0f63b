import type { Receipt } from '../contract/receipt.ts'
import type { ReceiptLine } from '../contract/store.ts'

/** What a list shows of a receipt. */
export const lineOf = (receipt: Receipt): ReceiptLine => {
  const { id, receivedAtMs, caller, face, operation, traceId, requestedModel, served, cache } = receipt
  const { costNanoUsd, savedNanoUsd, outcome, errorCode, simulated, task, tries, usage, timings } = receipt
  return {
    id,
    receivedAtMs,
    caller,
    face,
    operation,
    traceId,
    requestedModel,
    task: task?.task ?? null,
    served,
    cache,
    tries: tries.length,
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    costNanoUsd,
    savedNanoUsd,
    outcome,
    errorCode,
    firstTokenMs: timings.firstTokenMs,
    totalMs: timings.totalMs,
    simulated,
  }
}
