import { readBill } from '../replies.ts'
import type { Stop } from '../stop.ts'

export const bill: Stop = {
  name: 'bill',
  async *visit(stage, signal) {
    const total = await readBill(stage, signal)
    const paid = stage.answers.reduce((sum, { cost_nano_usd: cost }) => sum + BigInt(cost), 0n)
    yield {
      asked: 'what was spent so far',
      seen: `${total.requests} answers, ${total.cache_hits} from the cache, saved $${total.saved_usd}`,
      why: 'the sum of what the answers said they cost, to the nano-dollar; simulated, at the real prices',
      costUsd: total.cost_usd,
      broken:
        total.cost_nano_usd === paid.toString() && total.requests === stage.answers.length
          ? null
          : `the answers add up to ${stage.answers.length} and ${paid} nano-dollars`,
    }
  },
}
