import { z } from 'zod'
import { strictly } from './border.ts'
import { cacheTags } from './cache-order.ts'
import { efforts } from './chat.ts'
import { metadataMarks, modelName, userMark } from './marks.ts'
import { tasks } from './plan.ts'
import { cacheStates } from './receipt.ts'
import { requirementsSchema } from './routing-fields.ts'

const looseObject = z.record(z.string(), z.unknown())

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']).describe('Who speaks.'),
  content: z
    .union([z.string(), z.array(looseObject)], 'must be a text or an array of content parts.')
    .nullish()
    .describe(
      'A text, or parts such as {"type": "text", "text": …} and {"type": "image_url", "image_url": {"url": …}}.',
    ),
})

/**
 * The fields of a unified completion, each described for the model that fills them in. Tools that ask about a request
 * without making it take some of the same fields.
 */
export const unifiedFields = {
  prompt: z
    .string()
    .min(1)
    .optional()
    .describe('The question or instruction as plain text. Send either prompt or messages, not both.'),
  messages: z
    .array(message)
    .min(1)
    .optional()
    .describe(
      'A conversation in the shape of OpenAI chat messages, oldest first, for several turns, images or tool results. Send either messages or prompt.',
    ),
  system: z.string().min(1).optional().describe('System instruction, put before everything else. Default: none.'),
  model: modelName
    .default('auto')
    .describe(
      'A model id, "provider:model" for one provider, or "auto" to let the gateway choose by task, price, quality, speed and health. list_providers shows the ids. Default: "auto".',
    ),
  provider: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Provider id to use, such as "openai", when it is not part of model. Default: whichever serves the model.',
    ),
  fallbacks: z
    .array(modelName)
    .max(16)
    .optional()
    .describe('Models to try in this order when the named one cannot answer. Default: as the gateway is configured.'),
  requirements: requirementsSchema
    .optional()
    .describe(
      'What matters for the choice of a model, and limits that are promises over all tries. Default: balanced.',
    ),
  max_tokens: z
    .int()
    .min(1)
    .optional()
    .describe("Most tokens of the answer, reasoning included. Default: the model's own limit. Bounds the cost."),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe(
      "Randomness, 0 to 2. Default: the model's own. Above 0.3 the answer is not cached unless use_cache is true.",
    ),
  json_schema: looseObject
    .optional()
    .describe('JSON Schema that the answer must fit; the parsed value comes back as "json". Default: free text.'),
  json_schema_name: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, underscores or dashes.')
    .optional()
    .describe('Name of the schema, for the model: 1 to 64 letters, digits, _ or -. Default: "answer".'),
  tools: z
    .array(looseObject)
    .optional()
    .describe(
      'Functions that the model may ask for, as OpenAI tools: {"type": "function", "function": {"name", "description", "parameters"}}. The gateway does not run them: calls come back as tool_calls. Default: none.',
    ),
  tool_choice: z
    .union([z.enum(['auto', 'none', 'required']), looseObject], 'must be "auto", "none", "required" or one function.')
    .optional()
    .describe(
      '"auto", "none", "required", or {"type": "function", "function": {"name": …}} for one function. Default: "auto" with tools.',
    ),
  reasoning_effort: z
    .enum(efforts)
    .optional()
    .describe("How hard a reasoning model thinks; more costs more. Default: the model's own."),
  use_cache: z
    .boolean()
    .optional()
    .describe(
      'true: cache this answer even where the gateway would not; false: neither read nor write the cache. Default: cached when the request is deterministic enough.',
    ),
  cache_ttl: z
    .number()
    .min(0)
    .optional()
    .describe('How long the answer is kept in the cache, in seconds; 0 keeps nothing. Default: 300 unless configured.'),
  cache_tags: cacheTags.describe(
    'Words by which manage_cache can forget the answer later, such as "doc:handbook"; at most 16. Default: none.',
  ),
  metadata: metadataMarks
    .optional()
    .describe('Your own marks on the receipt, at most 16, text to text. Never shown to the model. Default: none.'),
  user: userMark.optional().describe('Your end user, an opaque id: get_usage_stats can group by it. Default: none.'),
  seed: z.int().optional().describe('Asks for repeatable sampling, where the provider can. Default: none.'),
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(16)], 'must be a text, or an array of at most 16 texts.')
    .optional()
    .describe('Text, or up to 16 texts, at which the answer ends. Default: none.'),
}

/** Body of `POST /unified_completion` and arguments of the tool of that name. Unknown fields are refused with a hint. */
export const unifiedInput = z.strictObject(unifiedFields, { error: strictly(Object.keys(unifiedFields)) })
export type UnifiedInput = z.output<typeof unifiedInput>

const tokens = z.int().min(0)
const usd = z.string().describe('US dollars with nine decimal places.')

export const unifiedOutput = z.object({
  text: z.string().describe('The answer in full.'),
  model: z.string().describe('Model that answered.'),
  provider: z.string(),
  task: z.enum(tasks).nullable().describe('Kind of work that the router saw.'),
  finish_reason: z.enum(['stop', 'length', 'tool_calls', 'content_filter']),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        type: z.literal('function'),
        function: z.object({ name: z.string(), arguments: z.string().describe('JSON text as the model wrote it.') }),
      }),
    )
    .describe('To be sent back in an assistant message, with a tool message for each result.'),
  json: z.unknown().describe('The parsed answer when json_schema was sent and the answer is JSON; else null.'),
  refusal: z.string().nullable(),
  reasoning: z.string().nullable().describe("The model's visible thinking, where it shows any."),
  usage: z.object({
    input_tokens: tokens,
    output_tokens: tokens.describe('Includes reasoning tokens.'),
    cached_tokens: tokens.describe("Input tokens read from the provider's prompt cache."),
    reasoning_tokens: tokens,
  }),
  cost_usd: usd
    .nullable()
    .describe('Cost in US dollars, nine decimal places; null: price unknown; "0.000000000": from cache.'),
  cost_nano_usd: z.string().nullable().describe('The same in whole nano-dollars.'),
  saved_usd: usd.describe('What the answer would have cost, where the cache spared it.'),
  cache: z
    .enum(cacheStates)
    .describe(
      'exact: this very request was answered before; canonical: the same but for the form of its last text; near: another question that the verifier takes for the same; shared: the same request was running.',
    ),
  cached: z
    .object({
      entry_id: z.string().describe('For cache_feedback and manage_cache.'),
      age_ms: z.number(),
      p: z.number().nullable().describe('How likely a near answer is right, by the verifier; else null.'),
      similarity: z.number().nullable().describe('Cosine of both questions, for near answers of your own; else null.'),
      saved_ms: z.number().nullable(),
    })
    .nullable()
    .describe('Where a remembered answer came from; null for one that was made for you.'),
  simulated: z.boolean().describe('True: made by the sandbox, not by a model.'),
  request_id: z.string(),
  warnings: z
    .array(z.object({ code: z.string(), param: z.string(), message: z.string() }))
    .describe('Parameters that the model could not take and that were left out or changed.'),
  latency_ms: z.number().min(0),
})
export type UnifiedOutput = z.output<typeof unifiedOutput>
