import type { ChatRequest } from '../../src/contract/chat.ts'
import type { ModelCard, WireFlags } from '../../src/contract/model.ts'

/** A request with nothing special about it: one short question to any model. Tests say what they are about. */
export const plainRequest = (said: Partial<ChatRequest> = {}): ChatRequest => ({
  model: { kind: 'auto' },
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the capital of France?' }] }],
  tools: [],
  extra: {},
  requirements: {},
  limits: {},
  fallbacks: [],
  cache: { read: true, write: true, force: false },
  tags: {},
  ...said,
})

const plainWire: WireFlags = {
  maxTokensField: 'max_tokens',
  sampling: 'always',
  systemRole: 'system',
  effortLevels: {},
  tools: 'always',
  thinking: 'none',
  jsonSchema: true,
  shortToolCallIds: false,
  reasoningContentInHistory: false,
  parallelToolCalls: true,
}

/** A card at `provider:id` with nothing special about it. */
export const plainCard = (
  key: string,
  { wire, ...said }: Partial<Omit<ModelCard, 'wire'>> & { wire?: Partial<WireFlags> | undefined } = {},
): ModelCard => {
  const colon = key.indexOf(':')
  const id = key.slice(colon + 1)
  return {
    key,
    provider: key.slice(0, colon),
    id,
    name: id,
    aliases: [],
    kind: 'chat',
    contextTokens: 100_000,
    maxInputTokens: 100_000,
    maxOutputTokens: 8_000,
    capabilities: { tools: true, jsonSchema: true, vision: true, reasoning: false },
    lifecycle: { status: 'active' },
    wire: { ...plainWire, ...wire },
    tokenFactor: 1,
    quality: {},
    latencyPrior: null,
    uncharted: false,
    ...said,
  }
}
