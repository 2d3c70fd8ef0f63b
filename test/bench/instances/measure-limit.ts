import { openFleet } from '../../fleet/fleet.ts'
import { crowd } from '../../load/crowd.ts'

export interface LimitRow {
  gateways: number
  limit: number
  asked: number
  letThrough: number
  /** Above the limit, as a share of it. */
  over: number
}

/** A limit that gateways share, while their caller asks all of them for three times as much within one window. */
export const measureLimit = async (size: { gateways: number; limit: number }): Promise<LimitRow> => {
  const { gateways, limit } = size
  const rate = { windowMs: 600_000, maxRequests: limit }
  const stores = 'postgres + redis'
  await using fleet = await openFleet({ size: gateways, stores, rate, redisTimeoutMs: 10_000 })
  const asked = 3 * limit
  const heard = await crowd(asked, 8 * gateways, async (call) => {
    const order = { call, frames: 1, padChars: 0, startMs: 0, everyMs: 0 }
    return fleet.instances[call % gateways]?.ask(order, { stream: false })
  })
  const letThrough = heard.filter((one) => one?.kind === 'whole').length
  const strange = heard.find((one) => one?.kind !== 'whole' && !(one?.kind === 'refused' && one.status === 429))
  if (strange) throw new Error(`A call was ${strange.kind}`)
  return { gateways, limit, asked, letThrough, over: letThrough / limit - 1 }
}
