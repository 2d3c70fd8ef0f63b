import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestContext } from '../contract/journey.ts'
import { spanIdOf } from '../lib/span-id.ts'
import { isSampled } from './tracing/sampling.ts'

/** A request as its log lines name it. */
interface LoggedRequest {
  requestId: string
  traceId: string | null
  /** Of our span where we send spans, else of the span that asked us. */
  spanId: string | null
  isSampled: boolean
}

/** Which request the running code serves: so that whatever is logged on the way bears its trace, whoever logs it. */
export interface LogContext {
  within<Result>(request: Pick<RequestContext, 'requestId' | 'traceId' | 'traceParent'>, work: () => Result): Result
  current(): LoggedRequest | undefined
}

/** @param sampleRatio share of the traces that begin here which are sent; null: no spans are */
export const createLogContext = (sampleRatio: number | null): LogContext => {
  const storage = new AsyncLocalStorage<LoggedRequest>()
  return {
    within: ({ requestId, traceId, traceParent = null }, work) =>
      storage.run(
        {
          requestId,
          traceId,
          spanId: sampleRatio === null ? (traceParent?.spanId ?? null) : spanIdOf(requestId),
          isSampled:
            sampleRatio === null ? traceParent?.isSampled === true : isSampled({ traceId, traceParent }, sampleRatio),
        },
        work,
      ),
    current: () => storage.getStore(),
  }
}
