import type { Receipt, Try } from '../../contract/receipt.ts'
import type { createBounds } from './bounds.ts'
import { catalogue } from './catalogue.ts'
import type { createInstruments } from './instruments.ts'

/** The conventions' words for operations that they call otherwise. */
const operationNames: Readonly<Record<string, string>> = { embedding: 'embeddings' }

/** Counts what a receipt says, so that sums over the counters are sums over the ledger. */
export const createReceiptMetrics = (
  { counter, dollars, histogram }: ReturnType<typeof createInstruments>,
  bounds: ReturnType<typeof createBounds>,
) => {
  const requests = counter(catalogue.requests)
  const tasks = counter(catalogue.tasks)
  const cacheLooks = counter(catalogue.cacheLooks)
  const tokens = counter(catalogue.tokens)
  const tokenParts = counter(catalogue.tokenParts)
  const cost = dollars(catalogue.cost)
  const saved = dollars(catalogue.saved)
  const unpriced = counter(catalogue.unpriced)
  const failovers = counter(catalogue.failovers)
  const repairs = counter(catalogue.repairs)
  const serverDuration = histogram(catalogue.serverDuration)
  const serverFirstToken = histogram(catalogue.serverFirstToken)
  const clientDuration = histogram(catalogue.clientDuration)
  const clientFirstChunk = histogram(catalogue.clientFirstChunk)

  const countTokens = (receipt: Receipt, served: ServedLabels): void => {
    const { usage, cache } = receipt
    if (!usage) return
    const labels = { ...served, cache }
    tokens({ ...labels, type: 'input' }, usage.inputTokens)
    tokens({ ...labels, type: 'output' }, usage.outputTokens)
    const written = usage.cacheWriteTokens + usage.cacheWrite1hTokens
    if (usage.cacheReadTokens > 0) tokenParts({ ...labels, type: 'cache_read' }, usage.cacheReadTokens)
    if (written > 0) tokenParts({ ...labels, type: 'cache_write' }, written)
    if (usage.reasoningTokens > 0) tokenParts({ ...labels, type: 'reasoning' }, usage.reasoningTokens)
  }

  const measureTry = (attempt: Try, operation: string, simulated: string): void => {
    const { provider, model } = bounds.tried(attempt)
    const labels = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
      simulated,
    }
    clientDuration({ ...labels, error_type: attempt.errorCode ?? '' }, attempt.durationMs)
    if (attempt.firstTokenMs !== null) clientFirstChunk(labels, attempt.firstTokenMs)
  }

  return (receipt: Receipt): void => {
    const { operation, outcome, cache, task, tries, timings, costNanoUsd, savedNanoUsd } = receipt
    const simulated = String(receipt.simulated)
    const { provider, model } = bounds.served(receipt)
    const served: ServedLabels = { operation, provider, model, simulated }
    requests({ ...served, outcome })
    tasks({ task: task?.task ?? 'none', simulated })
    cacheLooks({ operation, cache, simulated })
    countTokens(receipt, served)
    if (costNanoUsd === null) unpriced(served)
    else cost(served, costNanoUsd)
    if (savedNanoUsd > 0n) saved({ ...served, cache }, savedNanoUsd)

    if (receipt.repairs > 0) repairs(served, receipt.repairs)
    const [first] = tries
    const last = tries.at(-1)
    if (first && last && first.model !== last.model) failovers({ operation, ...bounds.tried(last), simulated })

    const operationName = operationNames[operation] ?? operation
    const server = {
      gen_ai_operation_name: operationName,
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
      cache,
      simulated,
    }
    serverDuration({ ...server, error_type: receipt.errorCode ?? '' }, timings.totalMs)
    if (timings.firstTokenMs !== null) serverFirstToken(server, timings.firstTokenMs)
    for (const attempt of tries) measureTry(attempt, operationName, simulated)
  }
}

interface ServedLabels {
  operation: string
  provider: string
  model: string
  simulated: string
}
