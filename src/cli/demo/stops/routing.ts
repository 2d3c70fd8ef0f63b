import { ask, explain } from '../replies.ts'
import type { Explanation } from '../replies.ts'
import type { Sight, Stop } from '../stop.ts'
import type { Stage } from '../stage.ts'

/** Work of three kinds, whose best models differ; the first is asked again at the next stop. */
export const prompts = {
  translation: 'Translate into French: the bridge is closed until Monday.',
  code: 'Write a Python function that merges two sorted lists.',
  math: 'Solve 3x + 7 = 25 and show each step of the calculation.',
} as const

export const routing: Stop = {
  name: 'routing',
  async *visit(stage, signal) {
    for (const [task, prompt] of Object.entries(prompts)) yield chooseFor(stage, task, prompt, signal)
  },
}

const chooseFor = async (stage: Stage, task: string, prompt: string, signal: AbortSignal): Promise<Sight> => {
  const explained = await explain(stage, prompt, signal)
  const answer = await ask(stage, { prompt }, { signal })
  const expected = explained.candidates[0]?.model
  const served = `${answer.provider}:${answer.model}`
  return {
    asked: prompt,
    seen: `${answer.task ?? 'no task'} → ${served}`,
    why: reasonOf(explained),
    costUsd: answer.cost_usd,
    broken:
      answer.task === task && served === expected ? null : `it should be taken for ${task} and answered by ${expected}`,
  }
}

/** The decision in a line: how sure, by how much, and what each factor had to say. */
const reasonOf = ({ task, candidates: [best, next] }: Explanation): string => {
  const score = best === undefined ? '' : best.score.toFixed(2)
  const lead = next === undefined ? '' : ` before ${next.model} with ${next.score.toFixed(2)}`
  const factors = best?.factors.map(({ factor, reason }) => `${factor}: ${reason}`) ?? []
  return [
    `${Math.round(task.confidence * 100)} % sure (${task.signals.join(', ')})`,
    `score ${score}${lead}`,
    ...factors,
  ].join('; ')
}
