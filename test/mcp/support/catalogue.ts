import type { ModelCard } from '../../../src/contract/model.ts'
import type { PriceBook } from '../../../src/contract/price.ts'
import { plainCard } from '../../support/plain.ts'

const cardOf = (provider: string, id: string, traits: Partial<ModelCard> = {}): ModelCard =>
  plainCard(`${provider}:${id}`, {
    contextTokens: 128_000,
    maxInputTokens: 124_000,
    maxOutputTokens: 4096,
    capabilities: { tools: true, jsonSchema: true, vision: false, reasoning: false },
    ...traits,
  })

/** 40 models of two callable providers and one of a provider without a key. */
export const cards: readonly ModelCard[] = [
  cardOf('openai', 'gpt-6-luna', { aliases: ['luna'] }),
  cardOf('openrouter', 'openai/gpt-6-luna', { name: 'gpt-6-luna' }),
  cardOf('openai', 'gpt-5', {
    lifecycle: { status: 'deprecated', shutdownOn: '2026-12-01', replacement: 'gpt-6-luna' },
  }),
  cardOf('openai', 'gpt-4o', {
    lifecycle: { status: 'deprecated', shutdownOn: '2026-11-20', replacement: 'gpt-6-luna' },
  }),
  cardOf('openai', 'text-embedding-4', { kind: 'embedding' }),
  cardOf('openai', 'unpriced'),
  ...Array.from({ length: 34 }, (_, index) => cardOf('openrouter', `maker/model-${String(index).padStart(2, '0')}`)),
  cardOf('anthropic', 'claude-sonnet-5'),
]

export const rows = [
  { id: 'openai', simulated: false },
  { id: 'openrouter', simulated: true },
]

export const knownProviders = [
  { id: 'anthropic', title: 'Anthropic', reason: 'set ANTHROPIC_API_KEY and restart', template: { local: false } },
  { id: 'openai', title: 'OpenAI', reason: null, template: { local: false } },
  { id: 'openrouter', title: 'OpenRouter', reason: 'set OPENROUTER_API_KEY and restart', template: { local: false } },
]

/** $1.25 a million tokens in, $10 out, twice that at OpenRouter; inputs from 200,000 on cost double. */
export const prices: PriceBook = {
  price: () => null,
  estimate: ({ provider, model, inputTokens, outputTokens }) => priceOf(provider, model, inputTokens, outputTokens),
  worstCase: ({ provider, model, inputTokens, outputTokens }) => priceOf(provider, model, inputTokens, outputTokens),
  affordableOutputTokens: () => null,
}

const priceOf = (provider: string, model: string, inputTokens: number, outputTokens: number) => {
  if (model === 'unpriced') return null
  const factor = (provider === 'openrouter' ? 2n : 1n) * (inputTokens >= 200_000 ? 2n : 1n)
  return { priceId: model, costNanoUsd: factor * (BigInt(inputTokens) * 1250n + BigInt(outputTokens) * 10_000n) }
}
