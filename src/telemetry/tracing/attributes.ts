import type { Attributes } from '@opentelemetry/api'
import type { Usage } from '../../contract/chat.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Receipt, Try } from '../../contract/receipt.ts'

// The names of OpenTelemetry's conventions for generative AI and for MCP, in the repository they moved to in 2026
// (https://github.com/open-telemetry/semantic-conventions-genai; status: development). They stand here and nowhere else,
// since they still change. What they have no name for is under `gateway.`.

/** Which provider a row is, in the conventions' words; rows that they do not know keep their own id. */
const providerNames: Readonly<Record<string, string>> = {
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  xai: 'x_ai',
}

export const operationNames: Readonly<Record<Operation, string>> = {
  chat: 'chat',
  embedding: 'embeddings',
  passthrough: 'generate_content',
}

/** Attributes without those that are not known. */
type Known = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>
export const known = (attributes: Known): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, typeof value === 'object' ? [...value] : value]],
    ),
  )

const usageAttributes = (usage: Usage | null): Known =>
  usage
    ? {
        'gen_ai.usage.input_tokens': usage.inputTokens,
        'gen_ai.usage.output_tokens': usage.outputTokens,
        'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
        'gen_ai.usage.cache_write.input_tokens': usage.cacheWriteTokens + usage.cacheWrite1hTokens,
        'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
      }
    : {}

/** Of the whole request. Money is a decimal string, since a number would round it. */
export const requestAttributes = (receipt: Receipt, tool: string | undefined): Attributes =>
  known({
    'gen_ai.operation.name': operationNames[receipt.operation],
    'gen_ai.request.model': receipt.requestedModel,
    'gen_ai.provider.name': receipt.served && providerNameOf(receipt.served.provider),
    'gen_ai.response.model': receipt.served?.answeredModel,
    ...usageAttributes(receipt.usage),
    ...toolAttributes(tool),
    'gateway.request.id': receipt.id,
    'gateway.caller.id': receipt.caller.id,
    'gateway.face': receipt.face,
    'gateway.task': receipt.task?.task,
    'gateway.cache': receipt.cache,
    'gateway.outcome': receipt.outcome,
    'gateway.tries': receipt.tries.length,
    'gateway.cost_nano_usd': receipt.costNanoUsd?.toString(),
    'gateway.saved_nano_usd': receipt.savedNanoUsd.toString(),
    'gateway.simulated': receipt.simulated,
    'gateway.time_to_first_token_ms': receipt.timings.firstTokenMs,
    'error.type': receipt.errorCode,
  })

export const toolAttributes = (tool: string | undefined): Known =>
  tool === undefined ? {} : { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool }

/** Of one attempt at one provider. */
export const tryAttributes = (attempt: Try, receipt: Receipt): Attributes =>
  known({
    'gen_ai.operation.name': operationNames[receipt.operation],
    'gen_ai.provider.name': providerNameOf(attempt.provider),
    'gen_ai.request.model': modelOf(attempt),
    'gen_ai.response.model': attempt.outcome === 'answered' ? receipt.served?.answeredModel : null,
    'gen_ai.response.time_to_first_chunk': attempt.firstTokenMs === null ? null : attempt.firstTokenMs / 1000,
    ...usageAttributes(attempt.usage),
    'http.response.status_code': attempt.upstreamStatus,
    'gateway.try.outcome': attempt.outcome,
    'gateway.try.key_index': attempt.keyIndex,
    'gateway.cost_nano_usd': attempt.costNanoUsd?.toString(),
    'error.type': attempt.errorCode,
  })

const providerNameOf = (provider: string): string => providerNames[provider] ?? provider

/** A card's key names its provider first. */
export const modelOf = ({ provider, model }: Pick<Try, 'provider' | 'model'>): string =>
  model.startsWith(`${provider}:`) ? model.slice(provider.length + 1) : model
