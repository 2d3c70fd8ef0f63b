import { z } from 'zod'
import { userMark } from '../../contract/marks.ts'
import { cacheTags } from '../../contract/cache-order.ts'
import { readEmbeddingBody } from '../../contract/openai-embeddings.ts'
import { cacheStates } from '../../contract/receipt.ts'
import { defineTool, strictInput } from '../tool.ts'
import { usdOrNull } from '../usd.ts'

const input = strictInput({
  texts: z
    .array(z.string().min(1))
    .min(1)
    .max(2_048)
    .describe('What to embed: 1 to 2,048 texts, one vector each, in this order.'),
  model: z
    .string()
    .min(1)
    .max(256)
    .default('auto')
    .describe(
      'An embedding model id, "provider:model", or "auto": the cheapest one configured, always the same. Vectors of two models cannot be compared. Default: "auto".',
    ),
  dimensions: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe("Length of the vectors, where the model can shorten them. Default: the model's own."),
  max_cost_usd: z
    .union([z.number(), z.string()], 'must be an amount in dollars such as 0.05, as a number or a decimal string.')
    .optional()
    .describe('Most that the call may cost, in US dollars: a number or a decimal string. Default: no limit.'),
  use_cache: z.boolean().optional().describe('false: neither read nor write the cache. Default: true.'),
  cache_ttl: z
    .number()
    .min(0)
    .optional()
    .describe('How long the vectors are kept in the cache, in seconds. Default: a day unless configured.'),
  cache_tags: cacheTags.describe(
    'Words by which manage_cache can forget the vectors later; at most 16. Default: none.',
  ),
  user: userMark.optional().describe('Marks the receipt, so that get_usage_stats can sum by it. Default: none.'),
})

const output = z.object({
  vectors: z.array(z.array(z.number())).describe('One for each text, in their order.'),
  model: z.string(),
  provider: z.string(),
  dimensions: z.int(),
  input_tokens: z.int(),
  cost_usd: z.string().nullable().describe('US dollars with nine decimal places; null: price unknown, never free.'),
  cache: z.enum(cacheStates),
  simulated: z.boolean().describe('Made by the sandbox, not by a model.'),
  request_id: z.string(),
  warnings: z.array(z.object({ code: z.string(), param: z.string(), message: z.string() })),
})

export const embed = defineTool({
  name: 'embed',
  title: 'Turn texts into vectors',
  description:
    'Turns texts into embedding vectors by a provider, for search, clustering or comparing by meaning. ' +
    'The vectors are in the structured content, for programs: each is thousands of numbers; dimensions shortens them. ' +
    'Use it where your program stores or compares vectors. Not for asking a model anything: unified_completion does that. ' +
    'Cost: input tokens only, a few cents a million; the same texts again are free for a day.',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input,
  output,
  run: async ({ args: { texts, max_cost_usd: maxCost, ...args }, services, origin, caller, signal }) => {
    const requirements = maxCost === undefined ? undefined : { max_cost_usd: maxCost }
    const { request } = readEmbeddingBody({ ...args, input: texts, requirements }, services.known)
    const answer = await services.gateway.embed(request, { ...origin, caller, signal, incremental: false })
    const { served, vectors, usage, receipt, warnings } = answer
    const dimensions = vectors[0]?.length ?? 0
    const cost = usdOrNull(receipt.costNanoUsd)
    const facts = [
      `${vectors.length} ${vectors.length === 1 ? 'vector' : 'vectors'} of ${dimensions} dimensions`,
      `${served.model} via ${served.provider}`,
      `${usage.inputTokens} tokens`,
      cost === null ? 'price unknown' : `$${cost}`,
      `cache ${served.cache}`,
      `request ${served.requestId}`,
    ]
    const notes = [
      ...(served.simulated ? ['Simulated: made by the sandbox, not by a model.'] : []),
      ...warnings.map(({ message }) => `Note: ${message}`),
    ]
    return {
      text: [[facts.join(' · '), ...notes].join('\n')],
      data: {
        vectors: vectors.map((vector) => [...vector]),
        model: served.model,
        provider: served.provider,
        dimensions,
        input_tokens: usage.inputTokens,
        cost_usd: cost,
        cache: served.cache,
        simulated: served.simulated,
        request_id: served.requestId,
        warnings: warnings.map(({ code, param, message }) => ({ code, param, message })),
      },
    }
  },
})
