import { describe, expect, test } from 'vitest'
import type { Usage } from '../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import type { UpstreamEvent } from '../../src/contract/provider.ts'
import { anthropicMessage, chunk, completion, messageStart } from './chat-wire.ts'
import { fold } from './fold.ts'
import { usePlayer } from './player.ts'

/*
 * Counts of tokens by which gateways were hurt before, one describe a trap.
 */

const { message, messages, streamed, whole } = usePlayer()
const stopChunk = chunk({}, { finish: 'stop' })

const usageOf = async (events: Promise<UpstreamEvent[]>): Promise<Usage | null> => fold(await events).usage
const plainUsage = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }
const counted = {
  inputTokens: 10,
  outputTokens: 4,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
  source: 'provider',
}

describe('14: where usage stands in a stream', () => {
  const said = chunk({ content: 'x' })
  test.each<[string, Json[]]>([
    ['after an empty list of choices', [said, stopChunk, { ...chunk({}), choices: [], usage: plainUsage }]],
    ['beside an empty choice', [said, stopChunk, { ...chunk({}), choices: [{}], usage: plainUsage }]],
    ['beside the finish', [said, { ...stopChunk, usage: plainUsage }]],
    [
      'on every chunk, growing',
      [
        { ...said, usage: { ...plainUsage, completion_tokens: 1 } },
        { ...stopChunk, usage: plainUsage },
      ],
    ],
    ['twice', [said, { ...stopChunk, usage: plainUsage }, { ...chunk({}), choices: [], usage: plainUsage }]],
    [
      'complete, then null and incomplete',
      [
        said,
        { ...stopChunk, usage: plainUsage },
        { ...chunk({}), choices: [], usage: null },
        { choices: [], usage: { prompt_tokens: 3 } },
      ],
    ],
    ['in Groq’s corner', [said, { ...stopChunk, x_groq: { usage: plainUsage } }]],
  ])('%s', async (_where, payloads) => {
    expect(await usageOf(streamed(payloads))).toEqual(counted)
    expect(await usageOf(streamed(payloads, ''))).toEqual(counted)
  })

  test('none at all is none', async () => {
    expect(await usageOf(streamed([said, stopChunk]))).toBeNull()
  })

  test.each([
    { prompt_tokens: -1, completion_tokens: 4 },
    { prompt_tokens: 10.5, completion_tokens: 4 },
    { prompt_tokens: 'ten', completion_tokens: 4 },
    { completion_tokens: 4 },
  ])('%j is none', async (usage) => {
    expect(await usageOf(whole(completion({ content: 'x' }, { usage })))).toBeNull()
  })

  test('zero is a count', async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 }
    expect(await usageOf(whole(completion({ content: '' }, { usage })))).toMatchObject({
      inputTokens: 10,
      outputTokens: 0,
    })
  })
})

describe('15: cached and reasoning tokens', () => {
  test.each<[string, JsonObject, Partial<Usage>]>([
    [
      'OpenAI',
      { prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 3 } },
      { cacheReadTokens: 6, cacheWriteTokens: 3 },
    ],
    ['DeepSeek', { prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 }, { cacheReadTokens: 6 }],
    ['vLLM', { num_cached_tokens: 6 }, { cacheReadTokens: 6 }],
    ['Moonshot', { cached_tokens: 6 }, { cacheReadTokens: 6 }],
    ['more than there is', { prompt_tokens_details: { cached_tokens: 600 } }, { cacheReadTokens: 10 }],
    [
      'reasoning within the output',
      { completion_tokens_details: { reasoning_tokens: 3 } },
      { reasoningTokens: 3, outputTokens: 4 },
    ],
    [
      'xAI’s reasoning beside it',
      { completion_tokens_details: { reasoning_tokens: 30 }, total_tokens: 44 },
      { reasoningTokens: 30, outputTokens: 34 },
    ],
    ['Google’s reasoning, which only the total knows', { total_tokens: 44 }, { reasoningTokens: 30, outputTokens: 34 }],
    ['no total', { total_tokens: null }, { outputTokens: 4 }],
  ])('%s', async (_who, fields, expected) => {
    const usage = { ...plainUsage, ...fields }
    expect(await usageOf(whole(completion({ content: 'x' }, { usage })))).toEqual({ ...counted, ...expected })
  })

  const start = { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 50 }
  const events = (delta: JsonObject, before: JsonObject = start): JsonObject[] => [
    messageStart(before),
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta },
    { type: 'message_stop' },
  ]

  test.each<[string, JsonObject[], Partial<Usage>]>([
    [
      'input counted at the start, output at the end',
      events({ output_tokens: 7 }),
      { inputTokens: 160, outputTokens: 7 },
    ],
    ['all counted again at the end', events({ ...start, output_tokens: 7 }), { inputTokens: 160, outputTokens: 7 }],
    [
      'a clone that counts the cache within the input at first',
      events({ ...start, output_tokens: 7 }, { input_tokens: 160 }),
      { inputTokens: 160 },
    ],
    [
      'nulls, which say nothing',
      events({ input_tokens: null, cache_read_input_tokens: null, output_tokens: 7 }),
      { inputTokens: 160 },
    ],
  ])('Anthropic: %s', async (_what, payloads, expected) => {
    expect(await usageOf(messages(payloads))).toMatchObject({ cacheReadTokens: 100, cacheWriteTokens: 50, ...expected })
  })

  test('Anthropic: writes that live an hour are apart, and thoughts are counted', async () => {
    const usage = {
      ...start,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
    }
    expect(await usageOf(message(anthropicMessage([], { usage })))).toEqual({
      inputTokens: 160,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      cacheWrite1hTokens: 30,
      outputTokens: 9,
      reasoningTokens: 5,
      source: 'provider',
    })
  })
})

describe('15b: what Anthropic leaves out of its totals', () => {
  const iteration = (type: string) => ({
    type,
    input_tokens: 1000,
    cache_read_input_tokens: 200,
    cache_creation: { ephemeral_1h_input_tokens: 30 },
    output_tokens: 40,
  })
  const usage = { input_tokens: 10, output_tokens: 7, iterations: [iteration('compaction'), iteration('message')] }
  const paid = { inputTokens: 1240, cacheReadTokens: 200, cacheWrite1hTokens: 30, outputTokens: 47 }

  test('compacting the conversation is paid too, in a message and in a stream', async () => {
    expect(await usageOf(message(anthropicMessage([], { usage })))).toMatchObject(paid)
    const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }
    expect(await usageOf(messages([messageStart({ input_tokens: 900 }), end]))).toMatchObject(paid)
  })

  test('an advisor of another price and a broken count are not added', async () => {
    const others = { ...usage, iterations: [iteration('advisor_message'), { type: 'compaction' }, null] }
    expect(await usageOf(message(anthropicMessage([], { usage: others })))).toMatchObject({
      inputTokens: 10,
      outputTokens: 7,
    })
  })
})

describe('20: what OpenRouter and xAI say that it cost', () => {
  test.each<[string, JsonObject, bigint | undefined]>([
    ['plainly', { cost: 0.000894, cost_details: { upstream_inference_cost: 0.000894 }, is_byok: false }, 894_000n],
    [
      'with a key of one’s own, fee and price',
      { cost: 0.00001, cost_details: { upstream_inference_cost: 0.0003253 }, is_byok: true },
      335_300n,
    ],
    ['so little that it is written with an exponent', { cost: 1e-7 }, 100n],
    ['in ticks', { cost_in_usd_ticks: 1_176_500 }, 117_650n],
    ['in a part of a nano-dollar, rounded up', { cost_in_usd_ticks: 3 }, 1n],
    ['nothing', {}, undefined],
  ])('%s', async (_how, fields, cost) => {
    const usage = await usageOf(
      streamed([chunk({ content: 'x' }), { ...stopChunk, usage: { ...plainUsage, ...fields } }]),
    )
    expect(usage?.reportedCostNanoUsd).toBe(cost)
  })
})
