import { ask } from '../replies.ts'
import type { Stop } from '../stop.ts'
import { prompts } from './routing.ts'

export const cache: Stop = {
  name: 'cache',
  async *visit(stage, signal) {
    const calledBefore = stage.sandbox.requests.length
    const answer = await ask(stage, { prompt: prompts.translation }, { signal })
    const called = stage.sandbox.requests.length - calledBefore
    yield {
      asked: 'the first of them again',
      seen: `cache ${answer.cache}, saved $${answer.saved_usd}`,
      why: `${called} calls to a provider`,
      costUsd: answer.cost_usd,
      broken:
        answer.cache === 'exact' && answer.cost_nano_usd === '0' && called === 0
          ? null
          : 'it should come from the cache, at no cost',
    }
  },
}
