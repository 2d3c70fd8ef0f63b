import type { Usage } from '../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import { at } from '../support/json.ts'
import type { Recording } from './recordings.ts'

/** What a recording says. */
export interface Said {
  text: string
  reasoning: string
  /** Name and arguments; ids are compared apart. */
  tools: { id: string; name: string; arguments: unknown }[]
  finish: string
  usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'reasoningTokens'> | null
}

const string = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

const finishes: Record<string, string> = {
  stop: 'stop',
  end_turn: 'stop',
  pause_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  content_filter: 'content_filter',
}

const chatSaid = (payloads: readonly JsonObject[]): Said => {
  const said: Said = { text: '', reasoning: '', tools: [], finish: '', usage: null }
  const argumentTexts: string[] = []
  for (const payload of payloads) {
    const choice = at(payload, 'choices', 0)
    const delta = at(choice, 'delta') ?? at(choice, 'message')
    const content = at(delta, 'content')
    said.text += string(content)
    for (const part of list(content)) {
      said.text += string(at(part, 'text'))
      for (const thought of list(at(part, 'thinking'))) said.reasoning += string(at(thought, 'text'))
    }
    said.reasoning += string(at(delta, 'reasoning_content')) || string(at(delta, 'reasoning'))
    for (const call of list(at(delta, 'tool_calls'))) {
      const id = string(at(call, 'id'))
      if (id !== '') {
        said.tools.push({ id, name: string(at(call, 'function', 'name')), arguments: null })
        argumentTexts.push('')
      }
      const last = argumentTexts.length - 1
      argumentTexts[last] = (argumentTexts[last] ?? '') + string(at(call, 'function', 'arguments'))
    }
    said.finish = finishes[string(at(choice, 'finish_reason'))] ?? said.finish
    const usage = at(payload, 'usage')
    if (typeof at(usage, 'prompt_tokens') === 'number') {
      const [input, completion] = [number(at(usage, 'prompt_tokens')), number(at(usage, 'completion_tokens'))]
      const total = number(at(usage, 'total_tokens'))
      said.usage = {
        inputTokens: input,
        // Whatever is in the total and not in the prompt was put out.
        outputTokens: total > 0 ? total - input : completion,
        cacheReadTokens: number(at(usage, 'prompt_tokens_details', 'cached_tokens') ?? at(usage, 'num_cached_tokens')),
        reasoningTokens: number(at(usage, 'completion_tokens_details', 'reasoning_tokens')),
      }
    }
  }
  for (const [index, tool] of said.tools.entries()) tool.arguments = JSON.parse(argumentTexts[index] || '{}')
  return said
}

const anthropicSaid = (payloads: readonly JsonObject[]): Said => {
  const said: Said = { text: '', reasoning: '', tools: [], finish: '', usage: null }
  const inputs = new Map<Json | undefined, { tool: Said['tools'][number]; json: string }>()
  const counts: JsonObject = {}
  const count = (usage: Json | undefined) => {
    for (const name of ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']) {
      const value = at(usage, name)
      if (typeof value === 'number') counts[name] = value
    }
    const thinking = at(usage, 'output_tokens_details', 'thinking_tokens')
    if (thinking !== undefined) counts.thinking = thinking
  }
  for (const payload of payloads) {
    count(at(payload, 'message', 'usage'))
    count(at(payload, 'usage'))
    said.finish = finishes[string(at(payload, 'delta', 'stop_reason') ?? at(payload, 'stop_reason'))] ?? said.finish
    const opened = at(payload, 'content_block')
    for (const block of opened ? [opened] : list(at(payload, 'content'))) {
      said.text += at(block, 'type') === 'text' ? string(at(block, 'text')) : ''
      said.reasoning += string(at(block, 'thinking'))
      if (at(block, 'type') !== 'tool_use') continue
      const tool = { id: string(at(block, 'id')), name: string(at(block, 'name')), arguments: at(block, 'input') }
      said.tools.push(tool)
      inputs.set(at(payload, 'index'), { tool, json: '' })
    }
    const delta = at(payload, 'delta')
    said.text += string(at(delta, 'text'))
    said.reasoning += string(at(delta, 'thinking'))
    const input = inputs.get(at(payload, 'index'))
    if (input && at(delta, 'type') === 'input_json_delta') {
      input.json += string(at(delta, 'partial_json'))
    }
  }
  for (const { tool, json } of inputs.values()) if (json !== '') tool.arguments = JSON.parse(json)
  const cached = number(counts.cache_read_input_tokens)
  // What compacting the conversation took is not in the totals.
  const compacted = (count: string): number =>
    list(
      at(
        payloads.findLast((payload) => at(payload, 'usage')),
        'usage',
        'iterations',
      ),
    )
      .filter((iteration) => at(iteration, 'type') === 'compaction')
      .reduce<number>((sum, iteration) => sum + number(at(iteration, count)), 0)
  said.usage = {
    inputTokens:
      number(counts.input_tokens) + cached + number(counts.cache_creation_input_tokens) + compacted('input_tokens'),
    outputTokens: number(counts.output_tokens) + compacted('output_tokens'),
    cacheReadTokens: cached,
    reasoningTokens: number(counts.thinking),
  }
  return said
}

const geminiSaid = (payloads: readonly JsonObject[]): Said => {
  const said: Said = { text: '', reasoning: '', tools: [], finish: '', usage: null }
  const pieces = new Map<Said['tools'][number], Map<string, Json>>()
  for (const payload of payloads) {
    const candidate = at(payload, 'candidates', 0)
    for (const part of list(at(candidate, 'content', 'parts'))) {
      if (at(part, 'thought') === true) said.reasoning += string(at(part, 'text'))
      else said.text += string(at(part, 'text'))
      const call = at(part, 'functionCall')
      const name = string(at(call, 'name'))
      if (name !== '') said.tools.push({ id: string(at(call, 'id')), name, arguments: at(call, 'args') ?? {} })
      const tool = said.tools.at(-1)
      for (const piece of list(at(call, 'partialArgs'))) {
        const path = string(at(piece, 'jsonPath'))
        const value = at(piece, 'stringValue') ?? at(piece, 'numberValue') ?? at(piece, 'boolValue') ?? null
        const places = (tool && pieces.get(tool)) ?? new Map<string, Json>()
        const before = places.get(path)
        places.set(path, typeof before === 'string' && typeof value === 'string' ? before + value : value)
        if (tool) pieces.set(tool, places)
      }
    }
    const finish = string(at(candidate, 'finishReason')).toLowerCase()
    if (finish !== '') said.finish = said.tools.length > 0 ? 'tool_calls' : (finishes[finish] ?? 'content_filter')
    const total = at(payload, 'usageMetadata', 'totalTokenCount')
    if (typeof total === 'number') {
      const usage = at(payload, 'usageMetadata')
      const input = number(at(usage, 'promptTokenCount')) + number(at(usage, 'toolUsePromptTokenCount'))
      said.usage = {
        inputTokens: input,
        outputTokens: total - input,
        cacheReadTokens: number(at(usage, 'cachedContentTokenCount')),
        reasoningTokens: number(at(usage, 'thoughtsTokenCount')),
      }
    }
  }
  for (const [tool, places] of pieces) tool.arguments = assembled(places)
  return said
}

/** Arguments by their JSON paths, written out as a text and read as JSON. */
const assembled = (places: ReadonlyMap<string, Json>): Json => {
  const node = (prefix: string): string => {
    const own = places.get(prefix)
    if (own !== undefined) return JSON.stringify(own)
    const inner = [...places.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length))
    const steps = [...new Set(inner.map((rest) => /^(\.[^.[]+|\[\d+\])/.exec(rest)?.[0] ?? ''))]
    return steps[0]?.startsWith('[')
      ? `[${steps.map((step) => node(prefix + step)).join(',')}]`
      : `{${steps.map((step) => `${JSON.stringify(step.slice(1))}:${node(prefix + step)}`).join(',')}}`
  }
  return JSON.parse(node('$'))
}

/** A stream tells each item whole when it is done. Text is read from its deltas: one recording was shortened there. */
const responsesSaid = (payloads: readonly JsonObject[]): Said => {
  const said: Said = { text: '', reasoning: '', tools: [], finish: '', usage: null }
  const done = payloads.filter((payload) => at(payload, 'type') === 'response.output_item.done')
  const last = payloads.at(-1)
  const response = at(last, 'response') ?? last
  for (const item of done.length > 0 ? done.map((payload) => at(payload, 'item')) : list(at(response, 'output')))
    switch (at(item, 'type')) {
      case 'message':
        for (const part of list(at(item, 'content'))) said.text += string(at(part, 'text'))
        break
      case 'reasoning':
        said.reasoning += [...list(at(item, 'summary')), ...list(at(item, 'content'))]
          .map((part) => string(at(part, 'text')))
          .join('\n\n')
        break
      case 'function_call':
        said.tools.push({
          id: string(at(item, 'call_id')),
          name: string(at(item, 'name')),
          arguments: JSON.parse(string(at(item, 'arguments')) || '{}'),
        })
        break
      default:
    }
  const deltas = payloads.filter((payload) => at(payload, 'type') === 'response.output_text.delta')
  if (deltas.length > 0) said.text = deltas.map((payload) => string(at(payload, 'delta'))).join('')
  const completed = said.tools.length > 0 ? 'tool_calls' : 'stop'
  said.finish = at(response, 'status') === 'completed' ? completed : 'length'
  const usage = at(response, 'usage')
  if (typeof at(usage, 'input_tokens') === 'number')
    said.usage = {
      inputTokens: number(at(usage, 'input_tokens')),
      outputTokens: number(at(usage, 'output_tokens')),
      cacheReadTokens: number(at(usage, 'input_tokens_details', 'cached_tokens')),
      reasoningTokens: number(at(usage, 'output_tokens_details', 'reasoning_tokens')),
    }
  return said
}

const readers = {
  'openai-chat': chatSaid,
  'openai-responses': responsesSaid,
  anthropic: anthropicSaid,
  gemini: geminiSaid,
}

/** Reads what was said from the wire's own JSON, without any of the code under test. */
export const saidBy = ({ wire, payloads }: Pick<Recording, 'wire' | 'payloads'>): Said => readers[wire](payloads)

/** What was heard, without the ids that calls were given because the provider gave none. */
export const withoutGivenIds = (heard: Said, said: Said): Said => ({
  ...heard,
  tools: heard.tools.map((tool, index) =>
    said.tools[index]?.id === '' && tool.id !== '' ? { ...tool, id: '' } : tool,
  ),
})
