import { errorTable } from '../contract/errors.ts'
import type { Arrival } from './exchange.ts'

/** What became of a request. */
export interface Reply {
  method: string
  /** As it is documented; `other` for a path that is not there. */
  route: string
  /** 499 where the caller left before there was one. */
  status: number
  durationMs: number
}

/** Tells of a request once, when its answer is sent or broken off. */
export const watchReply = ({ req, res }: Arrival, route: string, replied: (reply: Reply) => void): void => {
  const startedAtMs = performance.now()
  res.once('close', () =>
    replied({
      method: req.method ?? '',
      route,
      status: res.headersSent ? res.statusCode : errorTable.caller_left.status,
      durationMs: performance.now() - startedAtMs,
    }),
  )
}
