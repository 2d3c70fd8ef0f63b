import { z } from 'zod'
import type { EstimateQuestion, EstimateRow } from '../../admin/estimate.ts'
import { GatewayError } from '../../contract/errors.ts'
import { formatUsd } from '../../contract/money.ts'
import { readModelChoice } from '../../contract/routing-fields.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import { unifiedFields } from '../../contract/unified-completion.ts'
import { readUnified } from '../../gateway/unified.ts'
import { oneLine } from '../error.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'
import { usdOrNull } from '../usd.ts'

const { prompt, messages, system, tools, requirements, max_tokens } = unifiedFields

const input = strictInput({
  prompt,
  messages,
  system,
  tools,
  requirements,
  max_tokens,
  input_tokens: z
    .int()
    .min(0)
    .max(100_000_000)
    .optional()
    .describe('Input tokens, when you know the number and have no text. Send this, prompt or messages.'),
  output_tokens: z
    .int()
    .min(0)
    .max(100_000_000)
    .optional()
    .describe('Expected output tokens; goes with input_tokens. Default: 500.'),
  models: z
    .array(z.string().min(1))
    .max(20)
    .default([])
    .describe('Models to price: ids, "provider:model" or "auto", at most 20. Default: the ten likeliest candidates.'),
})

const usd = z.string().nullable().describe('US dollars with nine decimal places; null: price unknown, never free.')

const output = z.object({
  basis: z.enum(['request', 'tokens']).describe('Whether the tokens were counted in your text or given by you.'),
  estimates: z.array(
    z.object({
      model: z.string().describe('Send this as model.'),
      provider: z.string(),
      input_tokens: z.int(),
      output_tokens: z.int().describe('Expected.'),
      max_output_tokens: z.int().describe('Most that would be paid for.'),
      estimated_cost_usd: usd,
      worst_case_cost_usd: usd,
    }),
  ),
  refused: z
    .array(z.object({ model: z.string(), code: z.string(), message: z.string(), next_step: z.string() }))
    .describe('Models that cannot take the request, and why.'),
})

/** What an answer of ordinary length takes, where nobody says. */
const ordinaryOutputTokens = 500

export const estimateCost = defineTool({
  name: 'estimate_cost',
  title: 'Estimate the cost',
  description:
    'Prices a request before it is made: expected and worst-case cost in US dollars, for the models you name or the likeliest candidates. ' +
    'Use it before long inputs, batches or dear models, and to compare models by price. ' +
    'Not for what was spent already: get_usage_stats has that. Free: nothing is called.',
  annotations: looksOnly,
  input,
  output,
  run: async ({ args, services }) => {
    const question = readQuestion(args, services.known)
    const { rows, refused } = await services.admin.estimate(question)
    return {
      text: [
        [
          ...rows.map(sayRow),
          ...refused.map(({ model, error }) => `${model}: ${error.code}: ${oneLine(error.message)}`),
        ].join('\n') || 'No model to price.',
      ],
      data: {
        basis: question.kind,
        estimates: rows.map(showRow),
        refused: refused.map(({ model, error }) => ({
          model,
          code: error.code,
          message: oneLine(error.message),
          next_step: error.advice,
        })),
      },
    }
  },
})

const readQuestion = (args: z.output<typeof input>, known: KnownNames): EstimateQuestion => {
  const { models: names, input_tokens: inputTokens, output_tokens: outputTokens, ...request } = args
  const models = names.map((name, index) => readModelChoice(name, undefined, known, `models[${index}]`))
  if (inputTokens === undefined) {
    if (outputTokens !== undefined)
      throw new GatewayError(
        'invalid_request',
        '"output_tokens" goes with "input_tokens"; with a prompt, bound the output by "max_tokens".',
        { param: 'output_tokens' },
      )
    return { kind: 'request', request: readUnified({ ...request, model: 'auto' }, known), models }
  }
  const text = Object.entries(request).find(([, value]) => value !== undefined)?.[0]
  if (text !== undefined)
    throw new GatewayError('invalid_request', `Send "input_tokens" or "${text}", not both.`, { param: 'input_tokens' })
  return { kind: 'tokens', inputTokens, outputTokens: outputTokens ?? ordinaryOutputTokens, models }
}

const showRow = (row: EstimateRow) => ({
  model: row.card.key,
  provider: row.card.provider,
  input_tokens: row.inputTokens,
  output_tokens: row.outputTokens,
  max_output_tokens: row.maxOutputTokens,
  estimated_cost_usd: usdOrNull(row.estimatedCostNanoUsd),
  worst_case_cost_usd: usdOrNull(row.worstCaseCostNanoUsd),
})

const sayRow = (row: EstimateRow): string => {
  const { estimatedCostNanoUsd: likely, worstCaseCostNanoUsd: worst } = row
  const price =
    likely === null || worst === null ? 'price unknown' : `about $${formatUsd(likely)}, at most $${formatUsd(worst)}`
  return `${row.card.key}: ${price} (${row.inputTokens} tokens in, about ${row.outputTokens} out)`
}
