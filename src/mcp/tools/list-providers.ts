import { z } from 'zod'
import type { Deployment } from '../../admin/models.ts'
import type { ProviderAnswer } from '../../admin/providers.ts'
import { didYouMean } from '../../contract/did-you-mean.ts'
import { GatewayError } from '../../contract/errors.ts'
import { cursor, cutMark, nextCursor, takePage } from '../page.ts'
import { providerHealth, sayHealth, showHealth } from '../provider-health.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'
import { usdOrNull } from '../usd.ts'

const input = strictInput({
  provider: z.string().min(1).optional().describe('Only this provider, by its id, such as "openai". Default: all.'),
  configured_only: z
    .boolean()
    .default(false)
    .describe('true: only providers that can be called now; false: also those that lack a key. Default: false.'),
  include_models: z
    .boolean()
    .default(false)
    .describe('true: list the models too, with prices, sizes and lifecycle, a page at a time. Default: false.'),
  limit: z.int().min(1).max(100).default(50).describe('Most models a page, 1 to 100. Default: 50.'),
  cursor,
})

const output = z.object({
  providers: z.array(
    providerHealth.extend({
      title: z.string(),
      configured: z.boolean(),
      to_configure: z.string().nullable().describe('What to set to use it; null: it can be called.'),
      local: z.boolean(),
      simulated: z.boolean().describe('The sandbox stands in for it.'),
      models: z.int().describe('How many models it offers here.'),
    }),
  ),
  models: z.array(
    z.object({
      model: z.string().describe('Send this as model.'),
      name: z.string().describe('Its name at any provider.'),
      provider: z.string(),
      kind: z.enum(['chat', 'embedding', 'image']),
      context_tokens: z.int(),
      max_output_tokens: z.int(),
      capabilities: z.array(z.enum(['tools', 'json_schema', 'vision', 'reasoning'])),
      lifecycle: z.enum(['active', 'deprecated', 'retired']),
      shutdown_on: z.string().nullable().describe('First day (UTC) on which it no longer answers.'),
      replacement: z.string().nullable(),
      input_usd_per_mtok: z.string().nullable().describe('US dollars a million input tokens; null: unknown.'),
      output_usd_per_mtok: z.string().nullable(),
    }),
  ),
  next_cursor: nextCursor,
})
type ModelRow = z.input<typeof output>['models'][number]

export const listProviders = defineTool({
  name: 'list_providers',
  title: 'List providers and models',
  description:
    'Lists the model providers behind the gateway: which can be called, what to set for those that cannot, circuit state and, on request, every model with price, context window and lifecycle. ' +
    'Use it to find a model id for unified_completion or to see why a provider is not used. ' +
    'Not for choosing the best model for one request: explain_route ranks them. Free.',
  annotations: looksOnly,
  input,
  output,
  run: async ({ args, services }) => {
    const all = services.admin.providers()
    const chosen = all.filter(
      ({ id, toConfigure }) =>
        (args.provider === undefined || id === args.provider) && (!args.configured_only || toConfigure === null),
    )
    if (args.provider !== undefined && !all.some(({ id }) => id === args.provider))
      throw unknownProvider(args.provider, all)

    const models = args.include_models ? chosen.flatMap((answer) => answer.models) : []
    const page = takePage(models, args.cursor, args.limit)
    const rows = page.items.map(showModel)
    return {
      text: [
        [...chosen.map(sayProvider), ...rows.map(sayModel), ...cutMark(page)].join('\n') || 'No provider matches.',
      ],
      data: { providers: chosen.map(showProvider), models: rows, next_cursor: page.nextCursor },
    }
  },
})

const unknownProvider = (id: string, all: readonly ProviderAnswer[]): GatewayError => {
  const known = all.map((provider) => provider.id)
  const meant = didYouMean(id, known)
  return new GatewayError(
    'invalid_request',
    `"provider" names no provider of this gateway${meant === null ? `: known are ${known.join(', ')}.` : `; did you mean "${meant}"?`}`,
    { param: 'provider' },
  )
}

const showProvider = (answer: ProviderAnswer) => ({
  ...showHealth(answer.id, answer.health),
  title: answer.title,
  configured: answer.toConfigure === null,
  to_configure: answer.toConfigure,
  local: answer.local,
  simulated: answer.simulated,
  models: answer.models.length,
})

const sayProvider = ({ id, title, simulated, toConfigure, health, models }: ProviderAnswer): string => {
  const state = health === null ? `not configured: ${toConfigure}` : `${sayHealth(health)}, ${models.length} models`
  return `${id} (${title}${simulated ? ', simulated' : ''}): ${state}`
}

const showModel = ({ card, lifecycle, inputNanoUsdPerMtok, outputNanoUsdPerMtok }: Deployment): ModelRow => ({
  model: card.key,
  name: card.name,
  provider: card.provider,
  kind: card.kind,
  context_tokens: card.contextTokens,
  max_output_tokens: card.maxOutputTokens,
  capabilities: capabilitiesOf(card.capabilities),
  lifecycle: lifecycle.status,
  shutdown_on: lifecycle.status === 'active' ? null : lifecycle.shutdownOn,
  replacement: lifecycle.status === 'active' ? null : lifecycle.replacement,
  input_usd_per_mtok: usdOrNull(inputNanoUsdPerMtok),
  output_usd_per_mtok: usdOrNull(outputNanoUsdPerMtok),
})

const capabilitiesOf = (can: Deployment['card']['capabilities']): ModelRow['capabilities'] => [
  ...(can.tools ? (['tools'] as const) : []),
  ...(can.jsonSchema ? (['json_schema'] as const) : []),
  ...(can.vision ? (['vision'] as const) : []),
  ...(can.reasoning ? (['reasoning'] as const) : []),
]

const sayModel = (row: ModelRow): string => {
  const price =
    row.input_usd_per_mtok === null || row.output_usd_per_mtok === null
      ? 'price unknown'
      : `$${trimZeros(row.input_usd_per_mtok)} in, $${trimZeros(row.output_usd_per_mtok)} out per million tokens`
  const end = row.shutdown_on === null ? '' : `, ends ${row.shutdown_on}`
  const instead = row.replacement === null ? '' : `, then ${row.replacement}`
  return `  ${row.model}: ${row.context_tokens} tokens of context, ${price}, ${row.lifecycle}${end}${instead}`
}

/** Prices have few places: `1.250000000` reads as `1.25`. */
const trimZeros = (amount: string): string => amount.replace(/\.?0+$/, '')
