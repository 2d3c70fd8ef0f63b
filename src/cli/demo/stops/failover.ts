import { ask, explain } from '../replies.ts'
import type { Stop } from '../stop.ts'

const prompt = 'Translate into Spanish: the ferry leaves at seven.'

export const failover: Stop = {
  name: 'failover',
  async *visit(stage, signal) {
    const { candidates } = await explain(stage, prompt, signal)
    const down = candidates[0]?.provider ?? ''
    const bringBack = stage.sandbox.setFault({ row: down }, { kind: 'refuse' })
    const calledBefore = stage.sandbox.requests.length
    try {
      const answer = await ask(stage, { prompt }, { signal })
      const tried = stage.sandbox.requests.slice(calledBefore).map(({ row }) => row)
      const inVain = tried.filter((row) => row === down).length
      yield {
        asked: `${prompt} (${down} taken down)`,
        seen: `answered by ${answer.provider}:${answer.model}`,
        why: `${down} closed the connection ${inVain} times; then ${answer.provider} was asked`,
        costUsd: answer.cost_usd,
        broken: inVain > 0 && answer.provider !== down ? null : `${down} should fail and another answer`,
      }
    } finally {
      bringBack()
    }
  },
}
