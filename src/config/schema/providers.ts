import { z } from 'zod'
import { authKinds, dialectNames, nativeKinds } from '../../contract/provider.ts'
import { positive, rowId, variableName } from './words.ts'

const timeouts = z.strictObject({
  connect_ms: positive.default(5_000).describe('Longest wait for a connection, in ms.'),
  first_byte_ms: positive.default(300_000).describe("Longest wait for the reply's first byte, in ms."),
  stall_ms: positive.default(60_000).describe("Longest silence within a reply's body, in ms."),
})

const flags = z.strictObject({
  usage_in_streaming: z.boolean().default(true).describe('`stream_options.include_usage` is understood.'),
  json_schema: z.boolean().default(true).describe('`response_format: json_schema` is understood.'),
  openai_extras: z
    .boolean()
    .default(false)
    .describe('`store`, `metadata`, `service_tier` and other fields of OpenAI alone are taken rather than refused.'),
  openrouter_extras: z
    .boolean()
    .default(false)
    .describe('`reasoning`, `reasoning_details` and `cache_control` are taken rather than refused.'),
  seed_field: z.string().nullable().default('seed').describe('What `seed` is called; null: none is taken.'),
  penalties: z.boolean().default(true).describe('`presence_penalty` and `frequency_penalty` are understood.'),
  multiple_choices: z.boolean().default(true).describe('More than one answer (`n`) can be asked for.'),
  native_parts: z
    .union([z.boolean(), z.array(z.enum(nativeKinds))])
    .default(true)
    .describe(
      "Content parts of OpenAI's wire that the gateway does not read are understood: all, none, or a list of `pdf` (as a data URL), `file` (any other) and `audio`.",
    ),
  call_extras: z
    .boolean()
    .default(true)
    .describe("Fields beside a tool call's `function` (Google's signatures) are taken rather than refused."),
  dimensions_field: z.string().default('dimensions').describe('What the length of a vector is called.'),
})

const row = z.strictObject({
  id: rowId.describe('Name of the row: callers write `id:model`, and `<ID>_API_KEY` and `<ID>_BASE_URL` belong to it.'),
  title: z.string().min(1).describe('What people call it.'),
  dialect: z.enum(dialectNames).describe('Wire that it speaks.'),
  tools_dialect: z
    .enum(dialectNames)
    .optional()
    .describe('Wire that it speaks for requests with tools to models that reason; `dialect` unless said.'),
  base_url: z
    .url()
    .optional()
    .describe('Where its API begins. Without one, the row is off until the environment sets it.'),
  key: z.enum(['required', 'optional']).default('required').describe('Whether it can be called without an API key.'),
  key_env: z
    .array(variableName)
    .default([])
    .describe('Further variables that may hold the API key. The first that is set is read, `<ID>_API_KEY` before all.'),
  auth: z.enum(authKinds).default('bearer').describe('How the key is shown.'),
  local: z.boolean().default(false).describe("Runs on the operator's own machine or network."),
  trace_context: z
    .boolean()
    .optional()
    .describe('Whether it is told the trace (`traceparent`); rows that are `local` are unless said.'),
  models_of: rowId
    .optional()
    .describe('A row whose models and prices this one shares: a second deployment with its own key and base URL.'),
  uncharted: z
    .enum(['allowed', 'refused'])
    .default('refused')
    .describe('Whether `id:anything` may name a model that config/models.yaml does not describe.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Fixed headers of every call.'),
  prompt_caching: z
    .enum(['auto', 'off'])
    .default('off')
    .describe(
      "Whether the gateway marks long prefixes (tools, system text, conversation) for the provider's cache beside the caller's own marks. Writing to it costs more, reading much less; needed at Anthropic and for its models at OpenRouter, others cache by themselves.",
    ),
  max_concurrent: positive.default(512).describe('Most calls at a time.'),
  timeouts: timeouts.prefault({}).describe('How long each phase of a call may take.'),
  flags: flags.prefault({}).describe('What its wire can do, whatever the model.'),
})
export type ProviderEntry = z.infer<typeof row>

/** config/providers.yaml */
export const providersFile = z.strictObject({
  providers: z.array(row).describe('Endpoints that can be called.'),
})
