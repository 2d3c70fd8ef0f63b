import { checkJson, invalid, jsonObject, read, readFields } from '../contract/border.ts'
import type { ChatRequest, Message, ResponseFormat } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Answer } from '../contract/journey.ts'
import { formatUsd } from '../contract/money.ts'
import { readMessages } from '../contract/openai-messages.ts'
import { readToolChoice, readTools } from '../contract/openai-tools.ts'
import { readCacheChoice, readModelChoice, readRequirements } from '../contract/routing-fields.ts'
import type { KnownNames } from '../contract/routing-fields.ts'
import { showRecalled } from './show-recalled.ts'
import { unifiedInput } from '../contract/unified-completion.ts'
import type { UnifiedInput, UnifiedOutput } from '../contract/unified-completion.ts'

/**
 * Checks a body against `unifiedInput`; null means unset.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const parseUnified = (body: unknown): UnifiedInput => {
  checkJson(body)
  return readFields(unifiedInput, body, '')
}

/**
 * Puts a unified completion into the gateway's own words.
 * @throws GatewayError invalid_request, whose `param` is the path of the field at fault
 */
export const readUnified = (input: UnifiedInput, known: KnownNames): ChatRequest => {
  const { requirements, limits } = readRequirements(input.requirements, 'requirements', known)
  const tools = readTools(input.tools, 'tools')
  return {
    model: readModelChoice(input.model, input.provider, known),
    messages: readConversation(input),
    tools,
    toolChoice: readToolChoice(input.tool_choice, 'tool_choice', tools),
    responseFormat: readFormat(input),
    maxOutputTokens: input.max_tokens,
    temperature: input.temperature,
    stop: typeof input.stop === 'string' ? [input.stop] : input.stop,
    seed: input.seed,
    reasoningEffort: input.reasoning_effort,
    extra: {},
    requirements,
    limits,
    fallbacks: (input.fallbacks ?? []).map((name, index) =>
      readModelChoice(name, undefined, known, `fallbacks[${index}]`),
    ),
    cache: readCacheChoice({ useCache: input.use_cache, cacheTtl: input.cache_ttl, cacheTags: input.cache_tags }),
    tags: { user: input.user, metadata: input.metadata },
  }
}

const readConversation = ({ prompt, messages, system }: UnifiedInput): Message[] => {
  if ((prompt === undefined) === (messages === undefined))
    throw new GatewayError(
      'invalid_request',
      prompt === undefined
        ? 'Send "prompt" (a text) or "messages" (a conversation): both are missing.'
        : 'Send "prompt" or "messages", not both.',
      { param: prompt === undefined ? 'prompt' : 'messages' },
    )
  const conversation: Message[] =
    prompt === undefined
      ? readMessages(messages, 'messages')
      : [{ role: 'user', content: [{ type: 'text', text: prompt }] }]
  return system === undefined
    ? conversation
    : [{ role: 'system', content: [{ type: 'text', text: system }] }, ...conversation]
}

const readFormat = ({ json_schema: schema, json_schema_name: name }: UnifiedInput): ResponseFormat | undefined => {
  if (schema !== undefined)
    return { type: 'json_schema', name: name ?? 'answer', schema: read(jsonObject, schema, 'json_schema') }
  if (name !== undefined) throw invalid('json_schema_name', 'names a schema that is not there: send "json_schema" too.')
  return undefined
}

/** An error that names the field as it is called here. */
export const errorInUnifiedWords = (thrown: unknown): GatewayError => {
  const error = GatewayError.from(thrown)
  const { param } = error.detail
  if (param === undefined || !param.startsWith(schemaParam)) return error
  const say = (text: string): string => text.replace(schemaParam, 'json_schema')
  return new GatewayError(error.code, say(error.message), { ...error.detail, param: say(param), cause: error.cause })
}

const schemaParam = 'response_format.json_schema.schema'

/** An answer as both faces show it. `wantsJson`: a schema was sent, so the text is read as JSON where it is any. */
export const showUnified = (answer: Answer, wantsJson: boolean): UnifiedOutput => {
  const { served, usage, warnings, receipt } = answer
  const choice = answer.choices[0]
  if (!choice)
    throw new GatewayError('provider_bad_reply', `The provider "${served.provider}" answered without a choice.`)
  const reasoning = choice.reasoning.flatMap((block) => (block.kind === 'text' ? [block.text] : [])).join('\n\n')
  return {
    text: choice.text,
    model: served.model,
    provider: served.provider,
    task: served.task,
    finish_reason: choice.finish.reason,
    tool_calls: choice.toolCalls.map(({ id, name, argumentsJson }) => ({
      id,
      type: 'function',
      function: { name, arguments: argumentsJson },
    })),
    json: wantsJson ? parseOrNull(choice.text) : null,
    refusal: choice.refusal,
    reasoning: reasoning === '' ? null : reasoning,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cached_tokens: usage.cacheReadTokens,
      reasoning_tokens: usage.reasoningTokens,
    },
    cost_usd: receipt.costNanoUsd === null ? null : formatUsd(receipt.costNanoUsd),
    cost_nano_usd: receipt.costNanoUsd === null ? null : receipt.costNanoUsd.toString(),
    saved_usd: formatUsd(receipt.savedNanoUsd),
    cache: served.cache,
    cached: showRecalled(served.recalled),
    simulated: served.simulated,
    request_id: served.requestId,
    warnings: warnings.map(({ code, param, message }) => ({ code, param, message })),
    latency_ms: receipt.timings.totalMs,
  }
}

const parseOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
