import { z } from 'zod'
import { efforts } from '../../contract/chat.ts'
import { tasks } from '../../contract/plan.ts'
import { day, modelName, positive, rowId, share } from './words.ts'

const wire = z.strictObject({
  max_tokens_field: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .optional()
    .describe('Field that caps the answer; `max_tokens` unless said.'),
  sampling: z
    .enum(['always', 'never', 'effort-none'])
    .optional()
    .describe('When temperature, top_p and penalties are taken; `always` unless said.'),
  system_role: z.enum(['system', 'developer']).optional().describe('Role of instructions; `system` unless said.'),
  tools: z
    .enum(['always', 'effort-none', 'never'])
    .optional()
    .describe('When function tools work on the chat wire; `always` unless said.'),
  thinking: z
    .enum(['budget', 'adaptive', 'level', 'none'])
    .optional()
    .describe("How a model of Anthropic's or Google's is told to think; `none` unless said."),
  json_with_tools: z.boolean().optional().describe('JSON can be asked for beside tools; true unless said.'),
  prompt_cache_min_tokens: positive
    .optional()
    .describe('Smallest prefix, in tokens, that is cached where it is marked; unset: the provider needs no marks.'),
  short_tool_call_ids: z.boolean().optional().describe('Tool-call ids must be nine letters or digits.'),
  reasoning_content_in_history: z
    .boolean()
    .optional()
    .describe('Assistant turns with tool calls must give `reasoning_content` back.'),
  parallel_tool_calls: z.boolean().optional().describe('`parallel_tool_calls` is taken; true unless said.'),
})

const effort = z.enum(efforts)

/** What a model has in common with its family, or by itself. */
const traits = {
  context: positive.optional().describe('Context window in tokens, input and output together.'),
  max_input: positive.optional().describe('Longest input in tokens; the context window unless said.'),
  max_output: positive.optional().describe('Longest answer in tokens.'),
  can: z
    .array(z.enum(['tools', 'json_schema', 'vision', 'reasoning']))
    .optional()
    .describe('What the model can do.'),
  efforts: z
    .union([z.array(effort), z.partialRecord(effort, z.string())])
    .optional()
    .describe(
      "Reasoning efforts that can be set: a list, or a map from our word to the provider's. None: cannot be set.",
    ),
  wire: wire.optional().describe('What the wire wants for this model.'),
  token_factor: z
    .number()
    .min(0.1)
    .max(10)
    .optional()
    .describe("This model's tokens for one token of o200k; 1 unless said."),
  latency: z
    .strictObject({
      first_token_ms: positive.describe('Time to the first token, in ms.'),
      output_tps: z.number().positive().describe('Output tokens a second.'),
    })
    .optional()
    .describe('Speed as measured by others, until our own measurements replace it.'),
}

const embedding = z.strictObject({
  dimensions: positive.describe("Length of the model's vectors."),
  adjustable: z.boolean().default(false).describe('A request may ask for shorter ones.'),
})

const scores = z.partialRecord(z.enum(tasks), share)

const model = z.strictObject({
  id: modelName.describe("The model's id on the provider's wire."),
  same_as: modelName
    .optional()
    .describe(
      "Name of the model that this one is, where the provider's id differs; quality and token factor come with it.",
    ),
  aliases: z.array(modelName).default([]).describe('Other names that callers may use.'),
  ...traits,
  embedding: embedding.optional().describe('Makes vectors instead of answers; `max_output` is then not needed.'),
  shutdown_on: day.optional().describe('First day (UTC) on which the model no longer answers.'),
  replacement: modelName.optional().describe('Model to move to. Without `shutdown_on`: deprecated, no day announced.'),
  measured: scores.optional().describe('Quality priors 0…1 by task, measured on this model.'),
  inherited: scores.optional().describe("Quality priors 0…1 by task, taken from the model's predecessor."),
})
export type ModelEntry = z.infer<typeof model>

const family = z.strictObject({
  provider: rowId.describe('Row of config/providers.yaml.'),
  defaults: z.strictObject(traits).prefault({}).describe('What the models of this family have in common.'),
  models: z.array(model).min(1).describe('The models.'),
})
export type FamilyEntry = z.infer<typeof family>

/** config/models.yaml */
export const modelsFile = z.strictObject({
  as_of: day.describe('Day on which the file was last compared with its sources.'),
  quality_weights: z
    .strictObject({
      measured: positive.default(15).describe('Pseudo-observations behind a measured prior.'),
      inherited: positive.default(3).describe('Pseudo-observations behind an inherited prior.'),
    })
    .prefault({})
    .describe('How firmly quality priors are believed before our own outcomes speak.'),
  families: z.array(family).describe('Models that share a provider and a wire.'),
})
