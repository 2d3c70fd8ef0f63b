import { z } from 'zod'
import { tasks } from '../../contract/plan.ts'
import { modelName, positive, share } from './words.ts'

const weights = z
  .strictObject({
    cost: share.describe("Weight of this request's cost."),
    quality: share.describe("Weight of the model's quality for the task."),
    latency: share.describe('Weight of the expected time.'),
    health: share.describe("Weight of the provider's health."),
  })
  .refine(
    ({ cost, quality, latency, health }) => Math.abs(cost + quality + latency + health - 1) < 1e-9,
    'weights must add up to 1',
  )

const task = z.enum(tasks)

/** config/routing.yaml */
export const routingFile = z.strictObject({
  profiles: z
    .strictObject({
      balanced: weights.describe('Weights of the score when the caller says nothing.'),
      low_cost: weights.describe('Weights under `low_cost`.'),
      high_quality: weights.describe('Weights under `high_quality`.'),
      low_latency: weights.describe('Weights under `low_latency`.'),
    })
    .prefault({
      balanced: { cost: 0.35, quality: 0.4, latency: 0.15, health: 0.1 },
      low_cost: { cost: 0.7, quality: 0.15, latency: 0.05, health: 0.1 },
      high_quality: { cost: 0.05, quality: 0.8, latency: 0.05, health: 0.1 },
      low_latency: { cost: 0.1, quality: 0.2, latency: 0.6, health: 0.1 },
    })
    .describe('What the score of `auto` weighs, by what the caller asks for.'),
  default_quality: share.default(0.4).describe('Quality assumed where no prior is known.'),
  default_first_token_ms: positive
    .default(1_500)
    .describe('Time to the first token assumed where nothing is known, in ms.'),
  default_output_tps: z
    .number()
    .positive()
    .default(60)
    .describe('Output tokens a second assumed where nothing is known.'),
  quality_floor: z
    .partialRecord(task, share)
    .default({ code: 0.6, reasoning: 0.6, math: 0.6 })
    .describe('Lowest quality prior that `auto` takes for a task, unless the caller says otherwise.'),
  expected_output_tokens: z
    .record(task, positive)
    .default({
      code: 900,
      creative: 900,
      reasoning: 1_200,
      math: 800,
      summarization: 350,
      extraction: 250,
      translation: 400,
      classification: 30,
      rewrite: 400,
      qa: 300,
      chat: 250,
    })
    .describe('Length of an answer by task, for the forecast when the caller sets no cap.'),
  aliases: z.record(modelName, modelName).default({}).describe('Names for models: callers may write `fast`.'),
  fallbacks: z
    .record(modelName, z.array(modelName).min(1))
    .default({})
    .describe('Models to try, in order, when the named one cannot answer.'),
})
export type RoutingEntry = z.infer<typeof routingFile>
