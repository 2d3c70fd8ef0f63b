import type { ChatRequest } from '../../contract/chat.ts'
import type { GatewayEvent } from '../../contract/journey.ts'
import { unifiedInput, unifiedOutput } from '../../contract/unified-completion.ts'
import type { UnifiedInput, UnifiedOutput } from '../../contract/unified-completion.ts'
import { collect } from '../../gateway/collect.ts'
import { errorInUnifiedWords, readUnified, showUnified } from '../../gateway/unified.ts'
import type { Progress } from '../progress.ts'
import { defineTool } from '../tool.ts'
import type { ToolCall } from '../tool.ts'

export const unifiedCompletion = defineTool({
  name: 'unified_completion',
  title: 'Ask a model',
  description:
    'Sends a prompt or a conversation to a language model and returns the whole answer with model, cost, tokens and cache state. ' +
    'Use it to have another model write, reason, extract, translate or check; with json_schema for structured data, with tools to get tool calls back. ' +
    'Not for asking what would happen: explain_route and estimate_cost are free. ' +
    'Cost: spends money on every call that the cache does not answer; set requirements.max_cost_usd or max_tokens to bound it.',
  // An answer changes nothing: hosts treat calls to models and searches alike, as reading from the open world.
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: unifiedInput,
  output: unifiedOutput,
  run: async (call) => {
    const { args, services, progress } = call
    const request = readUnified(args, services.known)
    const asked = progress
      ? collect(watched(streamed(call, request), progress))
      : services.gateway.collect(request, { ...contextOf(call), incremental: false })
    const answer = await asked.catch((thrown: unknown) => {
      throw errorInUnifiedWords(thrown)
    })
    const data = showUnified(answer, args.json_schema !== undefined)
    return { text: [spoken(data), summary(data)], data }
  },
})

const contextOf = ({ origin, caller, signal }: ToolCall<UnifiedInput>) => ({ ...origin, caller, signal })

const streamed = (call: ToolCall<UnifiedInput>, request: ChatRequest): AsyncIterable<GatewayEvent> =>
  call.services.gateway.complete(request, { ...contextOf(call), incremental: true })

async function* watched(events: AsyncIterable<GatewayEvent>, progress: Progress): AsyncGenerator<GatewayEvent, void> {
  for await (const event of events) {
    if (event.type === 'text') await progress(event.text)
    yield event
  }
}

const spoken = ({ text, refusal, tool_calls: calls }: UnifiedOutput): string => {
  const asked = calls.map(({ id, function: { name, arguments: args } }) => `Tool call ${id}: ${name}(${args})`)
  const said = [text, refusal === null ? '' : `Refused: ${refusal}`, ...asked].filter((part) => part !== '')
  return said.length === 0 ? '(The model answered with nothing.)' : said.join('\n\n')
}

const summary = (data: UnifiedOutput): string => {
  const { usage, cost_usd: cost, finish_reason: finish } = data
  const facts = [
    `${data.model} via ${data.provider}`,
    ...(data.task === null ? [] : [`task ${data.task}`]),
    `${usage.input_tokens} tokens in, ${usage.output_tokens} out`,
    cost === null ? 'price unknown' : `$${cost}`,
    `cache ${data.cache}`,
    `${Math.round(data.latency_ms)} ms`,
    `request ${data.request_id}`,
  ]
  const notes = [
    ...(data.simulated ? ['Simulated: made by the sandbox, not by a model.'] : []),
    ...(finish === 'length'
      ? ['Cut off at max_tokens or the limit of the model: ask for more tokens to get the rest.']
      : []),
    ...(finish === 'content_filter' ? ["Stopped by the provider's content filter."] : []),
    ...data.warnings.map(({ message }) => `Note: ${message}`),
  ]
  return [facts.join(' · '), ...notes].join('\n')
}
