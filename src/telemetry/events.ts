import type { GatewayError } from '../contract/errors.ts'
import type { RequestContext } from '../contract/journey.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { Task } from '../contract/plan.ts'
import type { Priority } from '../contract/priority.ts'
import type { Logger } from '../contract/runtime.ts'
import type { LogSettings } from '../contract/settings.ts'
import type { LogContext } from './log-context.ts'
import { receiptFields, receiptLine } from './receipt-line.ts'
import type { WaitEnding } from '../contract/store.ts'
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
  replied(reply: LoggedReply): void
  /** Comparisons broke the bound on wrong near answers of one kind of work, or showed that it holds again. */
  nearBound(what: { task: Task; broken: boolean; maxFalseHitRate: number }): void
  /** What comparisons have shown, or an admin has changed, could not be written for the next start. */
  nearUnkept(cause: unknown): void
  /** A request waited for another instance that was answering the same. */
  waitedForInstance(ending: WaitEnding, durationMs: number): void
  /** A request waited for a provider, and got a slot or did not. */
  waited(wait: SlotWait): void
  /** A request was turned away because the event loop is late. */
  shed(priority: Priority): void
  /** A store did what it was asked to, or failed. */
  stored(call: StoreCall): void
}

interface EventsOptions {
  logger: Logger
  /** Which request a line is about; unset: lines do not say. */
  context?: Pick<LogContext, 'within'> | undefined
  /** Which HTTP requests have a line of their own. @default off */
  logRequests?: LogSettings['requests']
  /** The owner opted in to prompts and answers in the log. */
  logContent: boolean
  /** Null: nobody scrapes. */
  metrics: Metrics | null
  /** Null: nobody collects. */
  tracing: Tracing | null
}

/** Tells events to the log and the metrics. */
export const createEvents = (options: EventsOptions): Events => {
  const { logger, logContent, metrics, tracing, context, logRequests = 'off' } = options
  const within: LogContext['within'] = context?.within ?? ((_request, work) => work())
  return {
    completed: (receipt, origin, content) => {
      metrics?.completed(receipt)
      tracing?.completed(receipt, origin)
      const fields = {
        ...receiptFields(receipt),
        ...(logContent ? { content: content() } : {}),
      }
      const level = receipt.outcome === 'complete' ? 'info' : 'warn'
      within({ ...origin, requestId: receipt.id }, () => logger[level](fields, receiptLine(receipt)))
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
      within(request, () => logger[level](fields, `${requestId}  refused ${status} ${code}: ${message}`))
    },
    unrecorded: (receipt, cause) => {
      metrics?.unrecorded()
      const fields = { ...receiptFields(receipt), code: 'ledger_unavailable', err: cause }
      logger.error(fields, `NOT IN THE LEDGER: ${receiptLine(receipt)}`)
    },
    replied: (reply) => {
      metrics?.replied(reply)
      if (!hasLine(reply, logRequests)) return
      const { method, path, status, durationMs, requestId } = reply
      const level = status >= 500 ? 'warn' : 'info'
      const said = `${requestId}  ${method} ${path} ${status}  ${Math.round(durationMs)} ms`
      within(reply, () => logger[level](httpFields(reply), said))
    },
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
    waitedForInstance: (ending, durationMs) => metrics?.waitedForInstance(ending, durationMs),
    waited: (wait) => metrics?.waited(wait),
    shed: (priority) => metrics?.shed(priority),
    stored: (call) => metrics?.stored(call),
  }
}

/** An HTTP request as its own line tells of it. */
export interface LoggedReply extends HttpReply, Pick<RequestContext, 'requestId' | 'traceId' | 'traceParent'> {
  /** As the caller wrote it, without the query. */
  path: string
  isProbe: boolean
  /** Of the bodies, heads included for the reply; null: the caller did not say. */
  requestBytes: number | null
  replyBytes: number
}

const hasLine = ({ isProbe, status }: LoggedReply, wanted: LogSettings['requests']): boolean =>
  !isProbe && (wanted === 'all' || (wanted === 'failed' && status >= 500))

const maxPathChars = 256

/** In the words of https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest; whole numbers of 64 bits are text in JSON. */
const httpFields = ({
  requestId,
  method,
  path,
  status,
  durationMs,
  requestBytes,
  replyBytes,
}: LoggedReply): object => ({
  request_id: requestId,
  httpRequest: {
    requestMethod: method,
    requestUrl: path.slice(0, maxPathChars),
    status,
    latency: `${(durationMs / 1000).toFixed(3)}s`,
    ...(requestBytes === null ? {} : { requestSize: String(requestBytes) }),
    responseSize: String(replyBytes),
  },
})
