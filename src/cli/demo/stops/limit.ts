import { refusalCodeOf } from '../replies.ts'
import type { Stop } from '../stop.ts'

const maxCostUsd = '0.000000001'

export const limit: Stop = {
  name: 'limit',
  async *visit({ client, sandbox }, signal) {
    const calledBefore = sandbox.requests.length
    const request = { prompt: 'Write a novel about a lighthouse.', requirements: { max_cost_usd: maxCostUsd } }
    const refused = refusalCodeOf(await client.call('unified_completion', request, { signal }))
    const called = sandbox.requests.length - calledBefore
    yield {
      asked: `${request.prompt} (for $${maxCostUsd} at most)`,
      seen: refused === null ? 'answered' : `refused: ${refused}`,
      why: `${called} calls to a provider; nothing of it is on the bill`,
      costUsd: null,
      broken:
        refused === 'limit_unsatisfiable' && called === 0 ? null : 'it should be refused before anything is spent',
    }
  },
}
