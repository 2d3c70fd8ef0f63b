import type { ChatRequest } from '../../src/contract/chat.ts'
import type { ModelCard } from '../../src/contract/model.ts'
import type { ProviderRow, RowFlags, SecretText, UpstreamCall } from '../../src/contract/provider.ts'
import { createUpstreamHttp } from '../../src/providers/http.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { plainCard, plainRequest } from '../support/plain.ts'

export const secret = (text: string): SecretText => ({ reveal: () => text })

export const testKey = 'sk-test-Qm9x7Lr2Vt5Yw8Zp'

export const startHttp = (options: Partial<Parameters<typeof createUpstreamHttp>[0]> = {}): UpstreamHttp =>
  createUpstreamHttp({ clock: { now: () => Date.now() }, ...options })

export const makeRow = (
  fields: Partial<Omit<ProviderRow, 'wire' | 'timeouts'>> & {
    wire?: Partial<RowFlags>
    timeouts?: Partial<ProviderRow['timeouts']>
  } = {},
): ProviderRow => ({
  id: 'acme',
  title: 'Acme',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:1',
  auth: 'bearer',
  keys: [],
  headers: {},
  local: false,
  simulated: false,
  maxConcurrent: 10,
  ...fields,
  timeouts: { connectMs: 2_000, firstByteMs: 10_000, stallMs: 10_000, ...fields.timeouts },
  wire: { usageInStreaming: true, jsonSchema: true, openaiExtras: true, ...fields.wire },
})

export const makeCard = (fields: Parameters<typeof plainCard>[1] = {}): ModelCard =>
  plainCard('acme:rocket-1', {
    contextTokens: 200_000,
    maxInputTokens: 200_000,
    maxOutputTokens: 64_000,
    capabilities: { tools: true, jsonSchema: true, vision: true, reasoning: true },
    ...fields,
    wire: {
      maxTokensField: 'max_completion_tokens',
      effortLevels: { low: 'low', medium: 'medium', high: 'high' },
      ...fields.wire,
    },
  })

export const makeRequest = (fields: Partial<ChatRequest> = {}): ChatRequest =>
  plainRequest({
    model: { kind: 'named', model: 'rocket-1' },
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    ...fields,
  })

export const makeCall = (fields: Partial<UpstreamCall> = {}): UpstreamCall => ({
  row: makeRow(),
  card: makeCard(),
  key: secret(testKey),
  request: makeRequest(),
  stream: true,
  hops: ['gateway-a'],
  ...fields,
})
