import { z } from 'zod'
import type { TracesAnswer } from '../../admin/traces.ts'
import type { Usage } from '../../contract/chat.ts'
import { formatUsd } from '../../contract/money.ts'
import type { NanoUsd } from '../../contract/money.ts'
import type { Receipt, Try } from '../../contract/receipt.ts'
import type { ReceiptLine } from '../../contract/store.ts'
import { showRecalled } from '../../gateway/show-recalled.ts'
import { parameters, wholeNumber } from './query.ts'

/** Query of `GET /api/traces`. */
export const tracesQuery = parameters({
  limit: wholeNumber(1, 200).default(50),
  cursor: z.string().optional(),
  scope: z.enum(['mine', 'all']).optional(),
}).transform(({ scope: whose, ...rest }) => ({ ...rest, whose }))

export const showTraces = ({ whose, lines, nextCursor }: TracesAnswer) => ({
  scope: whose,
  traces: lines.map(showLine),
  next_cursor: nextCursor,
})

const showLine = (line: ReceiptLine) => ({
  id: line.id,
  received_at: new Date(line.receivedAtMs).toISOString(),
  trace_id: line.traceId,
  caller: line.caller,
  face: line.face,
  operation: line.operation,
  requested_model: line.requestedModel,
  task: line.task,
  provider: line.served?.provider ?? null,
  model: line.served?.model ?? null,
  cache: line.cache,
  tries: line.tries,
  input_tokens: line.inputTokens,
  output_tokens: line.outputTokens,
  ...showCost(line.costNanoUsd),
  saved_usd: formatUsd(line.savedNanoUsd),
  outcome: line.outcome,
  code: line.errorCode,
  first_token_ms: line.firstTokenMs,
  total_ms: line.totalMs,
  simulated: line.simulated,
})

/** A receipt as `GET /api/traces/{id}` shows it: everything that is kept of a request. */
export const showReceipt = (receipt: Receipt) => ({
  id: receipt.id,
  received_at: new Date(receipt.receivedAtMs).toISOString(),
  trace_id: receipt.traceId,
  client_request_id: receipt.clientRequestId,
  caller: receipt.caller,
  face: receipt.face,
  operation: receipt.operation,
  requested_model: receipt.requestedModel,
  task: receipt.task,
  provider: receipt.served?.provider ?? null,
  model: receipt.served?.model ?? null,
  answered_model: receipt.served?.answeredModel ?? null,
  cache: receipt.cache,
  cache_reason: receipt.cacheReason,
  cached: showRecalled(receipt.recalled),
  looks: (receipt.looks ?? []).map(({ tier, startedAtMs, tookMs, found }) => ({
    tier,
    started_at: new Date(startedAtMs).toISOString(),
    took_ms: tookMs,
    found,
  })),
  usage: showUsage(receipt.usage),
  ...showCost(receipt.costNanoUsd),
  saved_usd: formatUsd(receipt.savedNanoUsd),
  price_id: receipt.priceId,
  outcome: receipt.outcome,
  code: receipt.errorCode,
  tries: receipt.tries.map(showTry),
  repairs: receipt.repairs,
  candidates: receipt.candidates,
  refusals: receipt.refusals,
  left_out: receipt.leftOut ?? { candidates: 0, refusals: 0 },
  warnings: receipt.warnings,
  timings: {
    first_token_ms: receipt.timings.firstTokenMs,
    admit_ms: receipt.timings.admitMs,
    recall_ms: receipt.timings.recallMs,
    route_ms: receipt.timings.routeMs,
    total_ms: receipt.timings.totalMs,
  },
  user: receipt.tags.user,
  metadata: receipt.tags.metadata,
  simulated: receipt.simulated,
})

const showTry = (attempt: Try) => ({
  provider: attempt.provider,
  model: attempt.model,
  key_index: attempt.keyIndex,
  started_at: new Date(attempt.startedAtMs).toISOString(),
  outcome: attempt.outcome,
  code: attempt.errorCode,
  upstream_status: attempt.upstreamStatus,
  reason: attempt.reason,
  first_token_ms: attempt.firstTokenMs,
  duration_ms: attempt.durationMs,
  usage: showUsage(attempt.usage),
  ...showCost(attempt.costNanoUsd),
})

/** Null where the price is unknown, which is not the same as free. */
const showCost = (costNanoUsd: NanoUsd | null) => ({
  cost_usd: costNanoUsd === null ? null : formatUsd(costNanoUsd),
  cost_nano_usd: costNanoUsd?.toString() ?? null,
})

const showUsage = (usage: Usage | null) =>
  usage && {
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_write_1h_tokens: usage.cacheWrite1hTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    estimated: usage.source === 'estimated',
  }
