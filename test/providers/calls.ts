import type { ChatRequest } from '../../src/contract/chat.ts'
import type { ModelCard, WireFlags } from '../../src/contract/model.ts'
import type { ProviderRow, RowFlags, SecretText, UpstreamCall } from '../../src/contract/provider.ts'
import { createUpstreamHttp } from '../../src/providers/http.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'

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

export const makeCard = (
  fields: Partial<Omit<ModelCard, 'wire'>> & { wire?: Partial<WireFlags> | undefined } = {},
): ModelCard => ({
  key: 'acme:rocket-1',
  provider: 'acme',
  id: 'rocket-1',
  name: 'rocket-1',
  aliases: [],
  kind: 'chat',
  contextTokens: 200_000,
  maxInputTokens: 200_000,
  maxOutputTokens: 64_000,
  capabilities: { tools: true, jsonSchema: true, vision: true, reasoning: true },
  lifecycle: { status: 'active' },
  tokenFactor: 1,
  quality: {},
  latencyPrior: null,
  uncharted: false,
  ...fields,
  wire: {
    maxTokensField: 'max_completion_tokens',
    sampling: 'always',
    systemRole: 'system',
    effortLevels: { low: 'low', medium: 'medium', high: 'high' },
    tools: 'always',
    thinking: 'none',
    jsonSchema: true,
    shortToolCallIds: false,
    reasoningContentInHistory: false,
    parallelToolCalls: true,
    ...fields.wire,
  },
})

export const makeRequest = (fields: Partial<ChatRequest> = {}): ChatRequest => ({
  model: { kind: 'named', model: 'rocket-1' },
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
  extra: {},
  requirements: {},
  limits: {},
  fallbacks: [],
  cache: { read: true, write: true, force: false },
  tags: {},
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
