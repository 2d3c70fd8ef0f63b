import { z } from 'zod'
import type { CallOptions, ToolResult } from '../mcp/client.ts'
import type { Stage } from './stage.ts'

/** The fields of the tools' results that the tour looks at. */
const completion = z.object({
  text: z.string(),
  model: z.string(),
  provider: z.string(),
  task: z.string().nullable(),
  cache: z.string(),
  cost_usd: z.string(),
  cost_nano_usd: z.string(),
  saved_usd: z.string(),
})
export type Completion = z.output<typeof completion>

const candidate = z.object({
  model: z.string(),
  provider: z.string(),
  score: z.number(),
  factors: z.array(z.object({ factor: z.string(), value: z.number(), weight: z.number(), reason: z.string() })),
})

const explanation = z.object({
  task: z.object({ task: z.string(), confidence: z.number(), signals: z.array(z.string()) }),
  candidates: z.array(candidate).min(1),
})
export type Explanation = z.output<typeof explanation>

const bill = z.object({
  simulated_total: z.object({
    requests: z.number(),
    cache_hits: z.number(),
    cost_usd: z.string(),
    cost_nano_usd: z.string(),
    saved_usd: z.string(),
  }),
})

const refusal = z.object({ error: z.object({ code: z.string() }) })

/** Asks a model, and keeps the answer for the bill. @throws Error for a refusal, with the gateway's own words */
export const ask = async (
  stage: Stage,
  request: Record<string, unknown>,
  options: CallOptions,
): Promise<Completion> => {
  const answer = completion.parse(dataOf(await stage.client.call('unified_completion', request, options)))
  stage.answers.push(answer)
  return answer
}

/** Asks why: which model would answer, and what was thought of each. */
export const explain = async ({ client }: Stage, prompt: string, signal: AbortSignal): Promise<Explanation> =>
  explanation.parse(dataOf(await client.call('explain_route', { prompt, limit: 2 }, { signal })))

/** What was spent so far, all of it simulated. */
export const readBill = async ({ client }: Stage, signal: AbortSignal) =>
  bill.parse(dataOf(await client.call('get_usage_stats', { period: '7d' }, { signal }))).simulated_total

/** The code of a refused call; null when it was not refused. */
export const refusalCodeOf = ({ isError, texts }: ToolResult) =>
  isError ? refusal.parse(JSON.parse(texts[1] ?? '')).error.code : null

const dataOf = (result: ToolResult): unknown => {
  if (result.isError) throw new Error(result.texts[0] ?? 'The tool failed without a word.')
  return result.data
}
