import type { GatewayError } from '../contract/errors.ts'
import type { Receipt } from '../contract/receipt.ts'
import { formatUsd } from '../contract/money.ts'
import type { Task } from '../contract/plan.ts'
import type { Priority } from '../contract/priority.ts'
import type { Logger } from '../contract/runtime.ts'
import type { HttpReply, Metrics, SlotWait, StoreCall } from './metrics.ts'
import type { Tracing } from './tracing.ts'
import type { RefusedRequest, TraceOrigin } from './tracing/spans.ts'

/** One function per business event: whoever reports an event says what happened, not where it is told. */
export interface Events {
  /** A request was answered, or failed after a provider was tried. `content`: what was asked and said. */
  completed(receipt: Receipt, origin: TraceOrigin, content: () => object): void
  /** A request ended without a receipt: refused, or nobody could be tried. */
  refused(request: RefusedRequest, error: GatewayError): void
  /** A paid answer could not be written to the ledger. */
  unrecorded(receipt: Receipt, cause: unknown): void
  /** An HTTP request has its answer, or nobody waits for it any more. */
  replied(reply: HttpReply): void
  /** Comparisons broke the bound on wrong near answers of one kind of work, or showed that it holds again. */
  nearBound(what: { task: Task; broken: boolean; maxFalseHitRate: number }): void
  /** What comparisons have shown, or an admin has changed, could not be written for the next start. */
  nearUnkept(cause: unknown): void
  /** A request waited for a provider, and got a slot or did not. */
  waited(wait: SlotWait): void
  /** A request was turned away because the event loop is late. */
  shed(priority: Priority): void
  /** A store did what it was asked to, or failed. */
  stored(call: StoreCall): void
}

interface EventsOptions {
  logger: Logger
  /** The owner opted in to prompts and answers in the log. */
  logContent: boolean
  /** Null: nobody scrapes. */
  metrics: Metrics | null
  /** Null: nobody collects. */
  tracing: Tracing | null
}

/** Tells events to the log and the metrics. */
export const createEvents = ({ logger, logContent, metrics, tracing }: EventsOptions): Events => ({
  completed: (receipt, origin, content) => {
    metrics?.completed(receipt)
    tracing?.completed(receipt, origin)
    const fields = {
      ...receiptFields(receipt),
      ...(logContent ? { content: content() } : {}),
    }
    const level = receipt.outcome === 'complete' ? 'info' : 'warn'
    logger[level](fields, line(receipt))
  },
  refused: (request, error) => {
    metrics?.refused(error)
    tracing?.refused(request, error)
    const { requestId, callerId, face, model } = request
    const { code, status, message, cause } = error
    const level = code === 'internal' ? 'error' : 'info'
    const fields = {
      request_id: requestId,
      caller: callerId,
      face,
      model,
      code,
      status,
      ...(cause ? { err: cause } : {}),
    }
    logger[level](fields, `${requestId}  refused ${status} ${code}: ${message}`)
  },
  unrecorded: (receipt, cause) => {
    metrics?.unrecorded()
    const fields = { ...receiptFields(receipt), code: 'ledger_unavailable', err: cause }
    logger.error(fields, `NOT IN THE LEDGER: ${line(receipt)}`)
  },
  replied: (reply) => metrics?.replied(reply),
  nearBound: ({ task, broken, maxFalseHitRate }) => {
    const fields = { task, max_false_hit_rate: maxFalseHitRate }
    if (broken)
      logger.error(fields, 'too many near answers were wrong: those of this task are only shadowed from now on')
    else logger.warn(fields, 'near answers of this task are given again: comparisons show that the bound holds')
  },
  nearUnkept: (cause) =>
    logger.warn(
      { err: cause },
      'when near answers are given could not be written, and ends with this process: see DATA_DIR',
    ),
  waited: (wait) => metrics?.waited(wait),
  shed: (priority) => metrics?.shed(priority),
  stored: (call) => metrics?.stored(call),
})

/** `req_…  code  openai:gpt-6-luna  miss  812+340 tok  $0.000180000  1240 ms` */
const line = (receipt: Receipt): string => {
  const { id, task, served, cache, usage, costNanoUsd, savedNanoUsd, timings, tries, simulated } = receipt
  const saved = savedNanoUsd > 0n ? ` (saved $${formatUsd(savedNanoUsd)})` : ''
  return [
    id,
    task?.task ?? (receipt.operation === 'chat' ? '-' : receipt.operation),
    served ? `${served.provider}:${served.model}` : receipt.requestedModel,
    cache,
    usage ? `${usage.source === 'estimated' ? '~' : ''}${usage.inputTokens}+${usage.outputTokens} tok` : '- tok',
    (costNanoUsd === null ? 'price unknown' : `$${formatUsd(costNanoUsd)}`) + saved,
    `${Math.round(timings.totalMs)} ms`,
    ...(simulated ? ['simulated'] : []),
    ...(tries.length > 1 ? [`${tries.length} tries`] : []),
    ...(receipt.outcome === 'complete' ? [] : [sayFailure(receipt)]),
  ].join('  ')
}

/** `failed provider_unreachable: ECONNREFUSED connect ECONNREFUSED 10.0.0.7:443` */
const sayFailure = ({ outcome, errorCode, tries }: Receipt): string => {
  const reason = tries.at(-1)?.reason ?? null
  return [outcome, ...(errorCode === null ? [] : [errorCode])].join(' ') + (reason === null ? '' : `: ${reason}`)
}

const receiptFields = (receipt: Receipt): object => ({
  request_id: receipt.id,
  caller: receipt.caller.id,
  face: receipt.face,
  operation: receipt.operation,
  requested_model: receipt.requestedModel,
  task: receipt.task?.task ?? null,
  provider: receipt.served?.provider ?? null,
  model: receipt.served?.model ?? null,
  answered_model: receipt.served?.answeredModel ?? null,
  cache: receipt.cache,
  cache_reason: receipt.cacheReason,
  cache_entry: receipt.recalled?.entryId ?? null,
  cache_p: receipt.recalled?.p ?? null,
  input_tokens: receipt.usage?.inputTokens ?? null,
  output_tokens: receipt.usage?.outputTokens ?? null,
  cost_nano_usd: receipt.costNanoUsd?.toString() ?? null,
  saved_nano_usd: receipt.savedNanoUsd.toString(),
  repairs: receipt.repairs,
  tries: receipt.tries.map(({ model, outcome, errorCode, upstreamStatus, reason, durationMs }) => ({
    model,
    outcome,
    code: errorCode,
    upstream_status: upstreamStatus,
    reason,
    ms: durationMs,
  })),
  outcome: receipt.outcome,
  code: receipt.errorCode,
  first_token_ms: receipt.timings.firstTokenMs,
  total_ms: receipt.timings.totalMs,
  trace_id: receipt.traceId,
  simulated: receipt.simulated,
})
