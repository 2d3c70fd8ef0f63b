import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Usage } from '../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import type { Dialect } from '../../src/contract/provider.ts'
import { createDialects } from '../../src/providers/index.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { at } from '../support/json.ts'
import { makeCall, makeRow, startHttp } from './calls.ts'
import { ask, failureOf } from './fold.ts'
import type { Folded } from './fold.ts'
import { hasRecordings, loadRecordings } from './recordings.ts'
import type { Recording, Wire } from './recordings.ts'
import { sendPieces, startWireServer } from './wire-server.ts'
import type { WireServer } from './wire-server.ts'

/** What a recording says, read from it without any of the code under test. */
interface Said {
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
}

const chatSaid = ({ payloads }: Recording): Said => {
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

const anthropicSaid = ({ payloads }: Recording): Said => {
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
  said.usage = {
    inputTokens: number(counts.input_tokens) + cached + number(counts.cache_creation_input_tokens),
    outputTokens: number(counts.output_tokens),
    cacheReadTokens: cached,
    reasoningTokens: number(counts.thinking),
  }
  return said
}

const foldedSays = ({ choices: [choice], usage }: Folded): Said => {
  if (!choice) throw new Error('There is no answer.')
  return {
    text: choice.text,
    reasoning: choice.reasoning.map((block) => (block.kind === 'text' ? block.text : '')).join(''),
    tools: choice.toolCalls.map(({ id, name, argumentsJson }) => ({ id, name, arguments: JSON.parse(argumentsJson) })),
    finish: choice.finish?.reason ?? '',
    usage: usage && {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      cacheReadTokens: usage.cacheReadTokens,
      reasoningTokens: usage.reasoningTokens,
    },
  }
}

const recordings = hasRecordings ? loadRecordings() : []
const answers = recordings.filter(({ status }) => status === 200)
const refusals = recordings.filter(({ status }) => status !== 200)

describe.skipIf(!hasRecordings)('recorded replies of real providers (skipped where ../shared/data is absent)', () => {
  let playing: Recording | undefined
  let server: WireServer
  let http: UpstreamHttp
  let dialects: ReadonlyMap<string, Dialect>

  beforeAll(async () => {
    server = await startWireServer((_request, response) => {
      if (!playing) return response.destroy()
      response.statusCode = playing.status
      if (!playing.isStream) {
        response.setHeader('content-type', 'application/json')
        return response.end(playing.body)
      }
      // Pieces of 1,000 bytes: characters, events and JSON are split wherever they happen to be.
      const bytes = Buffer.from(playing.body)
      const pieces = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
        bytes.subarray(i * 1000, i * 1000 + 1000),
      )
      return void sendPieces(response, pieces)
    })
    http = startHttp()
    dialects = createDialects(http)
  })

  afterAll(async () => {
    await http[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const play = async (recording: Recording): Promise<Folded> => {
    playing = recording
    const dialect = dialects.get(recording.wire)
    if (!dialect) throw new Error(`No dialect speaks ${recording.wire}.`)
    return ask(dialect, makeCall({ row: makeRow({ baseUrl: server.url }), stream: recording.isStream }))
  }

  test('there are enough of them to prove something', () => {
    const count = (wire: Wire, isStream: boolean) =>
      answers.filter((recording) => recording.wire === wire && recording.isStream === isStream).length
    expect(count('openai-chat', false)).toBeGreaterThanOrEqual(50)
    expect(count('openai-chat', true)).toBeGreaterThanOrEqual(15)
    expect(count('anthropic', false)).toBeGreaterThanOrEqual(60)
    expect(count('anthropic', true)).toBeGreaterThanOrEqual(15)
    expect(refusals.length).toBeGreaterThanOrEqual(4)
  })

  test.each(answers.map((recording) => [recording.name, recording] as const))(
    '%s is understood',
    async (_name, recording) => {
      const folded = await play(recording)
      const said = recording.wire === 'anthropic' ? anthropicSaid(recording) : chatSaid(recording)
      expect(foldedSays(folded)).toEqual(said)
      expect(folded.model).toBeTruthy()
      expect(folded.responseId).toBeTruthy()
    },
  )

  test.each(refusals.map((recording) => [recording.name, recording] as const))(
    '%s is refused in the provider’s own words',
    async (_name, recording) => {
      const error = await failureOf(play(recording))
      const missing = recording.name.includes('unknown-model')
      expect(error.code).toBe(missing ? 'provider_model_missing' : 'provider_rejected')
      expect(error.detail.upstreamStatus).toBe(recording.status)
      expect(error.message).toContain(at(recording.payloads[0], 'error', 'message'))
      expect(error.detail.param).toBe(missing ? undefined : at(recording.payloads[0], 'error', 'param'))
    },
  )
})
