import { z } from 'zod'
import type { JourneyEvent } from '../../contract/journey.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { RawEvent } from '../../contract/passthrough.ts'
import { cacheStates } from '../../contract/receipt.ts'
import { readPassthrough } from '../../contract/read-passthrough.ts'
import { readCacheChoice } from '../../contract/routing-fields.ts'
import { defineTool, strictInput } from '../tool.ts'
import { usdOrNull } from '../usd.ts'

const input = strictInput({
  provider: z
    .string()
    .min(1)
    .default('auto')
    .describe(
      'A provider id, or "auto": whoever serves the model named in data, else the first whose wire has the endpoint. Default: "auto".',
    ),
  endpoint: z
    .string()
    .min(1)
    .max(300)
    .describe(
      'The provider\'s own endpoint: "chat/completions", "responses", "embeddings", "images/generations", "moderations", "models" (OpenAI-shaped); "messages", "messages/count_tokens" (Anthropic); "models/{model}:generateContent", ":countTokens", ":embedContent" (Google).',
    ),
  data: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('The payload in the provider\'s own words, without streaming. Default: none, for "models".'),
  max_cost_usd: z
    .union([z.number(), z.string()], 'must be an amount in dollars such as 0.05, as a number or a decimal string.')
    .optional()
    .describe('Most that the call may cost at worst, in US dollars. Default: no limit.'),
  use_cache: z
    .boolean()
    .optional()
    .describe(
      'true: remember the reply whatever it is; false: neither read nor write the cache. Default: embeddings, counts, moderations and temperature 0 are remembered.',
    ),
  cache_ttl: z
    .number()
    .min(0)
    .optional()
    .describe('How long the reply is kept in the cache, in seconds. Default: as the gateway is configured.'),
})

const output = z.object({
  status: z.int().describe("The provider's own HTTP status; 4xx: it refused, and data says why."),
  data: z.unknown().describe("The provider's reply: JSON, or else its text."),
  provider: z.string(),
  model: z.string(),
  input_tokens: z.int().nullable(),
  output_tokens: z.int().nullable(),
  cost_usd: z.string().nullable().describe('US dollars with nine decimal places; null: price unknown, never free.'),
  cache: z.enum(cacheStates),
  simulated: z.boolean().describe('Made by the sandbox, not by a model.'),
  request_id: z.string(),
})

/** As much of a reply as a model should read; programs have all of it. */
const longestShown = 4_000

export const callApi = defineTool({
  name: 'call_api',
  title: "Call a provider's own API",
  description:
    "Sends a payload in a provider's own words to one of its endpoints, and returns its reply unchanged, priced and recorded like any other call. " +
    "Use it for what the other tools have no words for: images, moderation, token counts, a provider's newest fields. " +
    'Not for plain questions: unified_completion routes, caches and fails over. ' +
    'Cost: as the provider bills it; set max_cost_usd to bound it.',
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input,
  output,
  run: async ({ args, services, origin, caller, signal }) => {
    const { provider, endpoint, data } = args
    if (data?.['stream'] === true || endpoint.includes(':stream'))
      throw new GatewayError(
        'invalid_request',
        'A tool answers in one piece: leave streaming out, or use POST /v1/passthrough.',
        {
          param: data?.['stream'] === true ? 'data.stream' : 'endpoint',
        },
      )
    const request = readPassthrough(
      {
        provider,
        endpoint,
        method: data === undefined ? 'GET' : 'POST',
        query: '',
        body: data,
        headers: {},
        cache: readCacheChoice({ useCache: args.use_cache, cacheTtl: args.cache_ttl }),
        maxCostUsd: args.max_cost_usd,
      },
      services.known,
    )
    const { head, text, served, receipt } = await readWhole(
      services.gateway.passThrough(request, { ...origin, caller, signal, incremental: false }),
    )
    const cost = usdOrNull(receipt.costNanoUsd)
    const shown = text.length > longestShown ? `${text.slice(0, longestShown)}… (${text.length} characters)` : text
    const facts = [
      `status ${head.status}`,
      `${served.model} via ${served.provider}`,
      cost === null ? 'price unknown' : `$${cost}`,
      `cache ${served.cache}`,
      `request ${served.requestId}`,
    ]
    return {
      text: [shown, facts.join(' · ') + (served.simulated ? '\nSimulated: made by the sandbox, not by a model.' : '')],
      data: {
        status: head.status,
        data: jsonOrText(text),
        provider: served.provider,
        model: served.model,
        input_tokens: receipt.usage?.inputTokens ?? null,
        output_tokens: receipt.usage?.outputTokens ?? null,
        cost_usd: cost,
        cache: served.cache,
        simulated: served.simulated,
        request_id: served.requestId,
      },
    }
  },
})

/** Folds a raw reply into one piece. */
const readWhole = async (events: AsyncIterable<JourneyEvent<RawEvent>>) => {
  const pieces: Uint8Array[] = []
  let start: Extract<JourneyEvent<RawEvent>, { type: 'start' }> | null = null
  let head: Extract<RawEvent, { type: 'head' }> | null = null
  for await (const event of events)
    switch (event.type) {
      case 'start':
        start = event
        break
      case 'head':
        head = event
        break
      case 'bytes':
        pieces.push(event.bytes)
        break
      case 'end':
        if (start && head)
          return { head, text: Buffer.concat(pieces).toString(), served: start.served, receipt: event.receipt }
    }
  throw new GatewayError('provider_cut', 'The reply ended before it was complete.')
}

const jsonOrText = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
