import { z } from 'zod'
import type { Explanation } from '../../admin/explain.ts'
import { formatUsd } from '../../contract/money.ts'
import { tasks } from '../../contract/plan.ts'
import type { Candidate } from '../../contract/plan.ts'
import { unifiedFields } from '../../contract/unified-completion.ts'
import { readUnified } from '../../gateway/unified.ts'
import { oneLine } from '../error.ts'
import { cursor, cutMark, nextCursor, takePage } from '../page.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'
import { usdOrNull } from '../usd.ts'

const { prompt, messages, system, model, provider, fallbacks, requirements, max_tokens } = unifiedFields
const { temperature, json_schema, tools, tool_choice, reasoning_effort } = unifiedFields

const input = strictInput({
  prompt,
  messages,
  system,
  model,
  provider,
  fallbacks,
  requirements,
  max_tokens,
  temperature,
  json_schema,
  tools,
  tool_choice,
  reasoning_effort,
  limit: z
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('Most candidates, and most refusals, a page, 1 to 50. Default: 10.'),
  cursor,
})

const usd = z.string().nullable().describe('US dollars; null: price unknown.')

const output = z.object({
  mode: z
    .enum(['named', 'auto'])
    .nullable()
    .describe('named: you chose the model; auto: the score did; null: no model can answer.'),
  task: z
    .object({ task: z.enum(tasks), confidence: z.number(), signals: z.array(z.string()) })
    .nullable()
    .describe('What kind of work the request was taken for, and why.'),
  candidates: z
    .array(
      z.object({
        rank: z.int().describe('1 is tried first.'),
        model: z.string(),
        provider: z.string(),
        score: z.number(),
        factors: z.array(z.object({ factor: z.string(), value: z.number(), weight: z.number(), reason: z.string() })),
        input_tokens: z.int(),
        output_tokens: z.int().describe('Expected.'),
        max_output_tokens: z.int(),
        estimated_cost_usd: usd,
        worst_case_cost_usd: usd,
        first_token_ms: z.number().describe('Expected.'),
        total_ms: z.number().describe('Expected.'),
      }),
    )
    .describe('Models that can answer, in the order in which they would be tried.'),
  refusals: z
    .array(z.object({ model: z.string(), code: z.string(), reason: z.string() }))
    .describe('Models that were left out, and why.'),
  error: z
    .object({ code: z.string(), message: z.string(), next_step: z.string() })
    .nullable()
    .describe('What the request would be refused with, when no model can answer.'),
  next_cursor: nextCursor,
})

export const explainRoute = defineTool({
  name: 'explain_route',
  title: 'Explain the choice of a model',
  description:
    'Shows which model would answer a request and why: the task it is taken for, every candidate with the score of each factor, and the reason for every model left out. Nothing is called or spent. ' +
    'Use it when a choice surprises you, or after no_eligible_model to see which requirement to relax. ' +
    'Not for prices alone: estimate_cost is shorter. Free.',
  annotations: looksOnly,
  input,
  output,
  run: async ({ args, services }) => {
    const { limit, cursor: from, ...request } = args
    const explanation = await services.admin.explain(readUnified(request, services.known))
    const { plan, refusals, error } = partsOf(explanation)
    const tried = takePage(
      (plan?.candidates ?? []).map((candidate, index) => ({ rank: index + 1, ...candidate })),
      from,
      limit,
    )
    const refused = takePage(refusals, from, limit)
    const longer = refused.left > tried.left ? refused : tried
    return {
      text: [
        [
          plan === null
            ? `No model can answer: ${oneLine(error?.message ?? '')}`
            : `Task ${plan.task.task} (${Math.round(plan.task.confidence * 100)} % sure), ${plan.mode === 'auto' ? 'chosen by score' : 'model named by you'}.`,
          ...tried.items.map(sayCandidate),
          ...refused.items.map(({ model: refusedModel, reason }) => `not ${refusedModel}: ${reason}`),
          ...cutMark(longer),
        ].join('\n'),
      ],
      data: {
        mode: plan?.mode ?? null,
        task: plan === null ? null : { ...plan.task, signals: [...plan.task.signals] },
        candidates: tried.items.map(showCandidate),
        refusals: [...refused.items],
        error: error === null ? null : { code: error.code, message: oneLine(error.message), next_step: error.advice },
        next_cursor: longer.nextCursor,
      },
    }
  },
})

const partsOf = (explanation: Explanation) =>
  explanation.kind === 'planned'
    ? { plan: explanation.plan, refusals: explanation.plan.refusals, error: null }
    : { plan: null, refusals: explanation.refusals, error: explanation.error }

type Ranked = Candidate & { rank: number }

const showCandidate = ({ rank, card, score, factors, forecast }: Ranked) => ({
  rank,
  model: card.key,
  provider: card.provider,
  score,
  factors: [...factors()],
  input_tokens: forecast.inputTokens,
  output_tokens: forecast.outputTokens,
  max_output_tokens: forecast.maxOutputTokens,
  estimated_cost_usd: usdOrNull(forecast.estimatedCostNanoUsd),
  worst_case_cost_usd: usdOrNull(forecast.worstCaseCostNanoUsd),
  first_token_ms: forecast.firstTokenMs,
  total_ms: forecast.totalMs,
})

const sayCandidate = ({ rank, card, score, factors, forecast }: Ranked): string => {
  const cost = forecast.estimatedCostNanoUsd
  const parts = factors().map(({ factor, value, weight }) => `${factor} ${value.toFixed(2)}×${weight.toFixed(2)}`)
  return `${rank}. ${card.key}: score ${score.toFixed(3)} (${parts.join(', ')}), ${cost === null ? 'price unknown' : `about $${formatUsd(cost)}`}`
}
