import { openCountingSandbox } from '../../open-parts.ts'
import { UsageError } from '../usage-error.ts'

/** What an upstream saw of a request: that its caller left, that it was answered to its end, or neither yet. */
export type Sighting = 'left' | 'finished' | 'running' | 'never asked'

/** The doctor's own upstream, to which the gateway under examination is configured to route. */
export interface StandIn extends AsyncDisposable {
  /** Where it listens, as it was ordered. */
  url: string
  /** What became of the request that holds `mark` and whose answer has begun, once it is over or `waitMs` have passed. */
  watch(mark: string, waitMs: number): Promise<Sighting>
}

/** Slow enough that an answer can be left in its middle. */
const pace = { firstTokenMs: 50, betweenTokensMs: 30 }

/** Serves simulated answers, at no cost, to whoever reaches the address. @throws UsageError where it cannot listen */
export const openStandIn = async (at: { host: string; port: number }): Promise<StandIn> => {
  const sandbox = await openCountingSandbox({ ...at, pace }).catch(() => {
    throw new UsageError('--upstream names an address at which this machine cannot listen; is it taken?')
  })
  return {
    url: sandbox.url,
    watch: async (mark, waitMs) => {
      const request = sandbox.requests.findLast(({ body }) => JSON.stringify(body).includes(mark))
      if (request === undefined) return 'never asked'
      const { promise: waited, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, waitMs)
      await Promise.race([waited, sandbox.until(() => request.closed || undefined)])
      clearTimeout(timer)
      if (!request.closed) return 'running'
      return request.closedEarly ? 'left' : 'finished'
    },
    [Symbol.asyncDispose]: sandbox.close,
  }
}
