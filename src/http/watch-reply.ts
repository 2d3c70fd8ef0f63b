import { errorTable } from '../contract/errors.ts'
import type { TraceParent } from '../contract/trace.ts'
import type { Arrival } from './exchange.ts'
import { isProbePath } from './pages.ts'

/** What became of a request. */
export interface Reply {
  method: string
  /** As it is documented; `other` for a path that is not there. */
  route: string
  /** 499 where the caller left before there was one. */
  status: number
  durationMs: number
  requestId: string
  traceId: string
  traceParent: TraceParent | null
  /** As the caller wrote it, without the query. */
  path: string
  /** An orchestrator's question, which comes every few seconds. */
  isProbe: boolean
  /** Size of the body that the caller announced; null: he did not say. */
  requestBytes: number | null
  /** What was written to the connection, the head included. */
  replyBytes: number
}

/** Tells of a request once, when its answer is sent or broken off. */
export const watchReply = (arrival: Arrival, route: string, replied: (reply: Reply) => void): void => {
  const { req, res, path, requestId, traceId, traceParent } = arrival
  const { socket } = req
  const startedAtMs = performance.now()
  // One answer after the other: what the connection has carried more at the end is this one.
  const writtenBefore = socket.bytesWritten
  res.once('close', () =>
    replied({
      method: req.method ?? '',
      route,
      status: res.headersSent ? res.statusCode : errorTable.caller_left.status,
      durationMs: performance.now() - startedAtMs,
      requestId,
      traceId,
      traceParent,
      path,
      isProbe: isProbePath(path),
      requestBytes: lengthOf(req.headers['content-length']),
      replyBytes: socket.bytesWritten - writtenBefore,
    }),
  )
}

const lengthOf = (header: string | undefined): number | null =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null
