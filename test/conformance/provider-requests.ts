import { describe, expect, test } from 'vitest'
import type { ChatRequest, Message } from '../../src/contract/chat.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import type { WireFlags } from '../../src/contract/model.ts'
import type { RowFlags } from '../../src/contract/provider.ts'
import { makeRequest } from '../providers/calls.ts'
import type { Folded } from '../providers/fold.ts'
import { lossesOn, suffer, toldOf } from '../round-trip/losses.ts'
import { plainly } from '../round-trip/meaning.ts'
import type { Meaning } from '../round-trip/meaning.ts'
import { faces, spoken } from '../round-trip/wires.ts'
import type { WireName } from '../round-trip/wires.ts'

/** What a dialect's test brings for requests. */
export interface RequestsUnderTest {
  /** Of the wishes, those that the wire has no word for, so that the caller is warned. */
  lacks: readonly string[]
  /** How a model of this wire is told to think. */
  thinking: WireFlags['thinking']
  /** A reply that thinks `Hm.`, signed `c2lnbmVk`, and calls `add` with `{"a":1}`. */
  thoughts: { document: JsonObject; stream: string }
  /** What must be known of the provider so that thoughts go back to it. */
  thoughtsRow?: Partial<RowFlags>
}

/** Sends a request, and tells what went over the wire, and what came. */
export type Send = (
  request: ChatRequest,
  options?: { row?: Partial<RowFlags>; wire?: Partial<WireFlags>; reply?: JsonObject | string },
) => Promise<{ body: JsonObject; folded: Folded }>

const nothing: Meaning = {
  system: [],
  said: [{ by: 'user', text: 'Hi' }],
  tools: [],
  choice: null,
  parallel: null,
  format: null,
  maxTokens: null,
  temperature: null,
  topP: null,
  stop: [],
}

const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
const tools = ['add', 'now'].map((name) => ({ name, description: `To ${name}`, schema }))

/** What every wire can say. */
const sayings: readonly [string, Partial<Meaning>][] = [
  ['instructions', { system: ['Be brief.', 'Be kind.'] }],
  [
    'several turns',
    {
      said: [
        { by: 'user', text: 'Hi' },
        { by: 'model', text: 'Yes?' },
        { by: 'user', text: 'Go on.' },
      ],
    },
  ],
  [
    'images among texts, in their order',
    {
      said: [
        { by: 'user', text: 'Before' },
        { by: 'user', picture: { mediaType: 'image/png', data: 'iVBORw==' } },
        { by: 'user', text: 'after' },
        { by: 'user', picture: { url: 'https://pictures.example/cat.webp' } },
      ],
    },
  ],
  ['a document', { said: [{ by: 'user', document: { name: 'a.pdf', data: 'JVBERg==' } }] }],
  ['tools', { tools }],
  ['tools that may not be called', { tools, choice: 'none' }],
  ['tools of which one must be called', { tools, choice: 'required' }],
  ['a tool that must be called', { tools, choice: { name: 'now' } }],
  [
    'parallel calls and their results',
    {
      tools,
      said: [
        { by: 'user', text: 'Hi' },
        { by: 'model', text: 'Let me see.' },
        { by: 'model', calls: 'add', with: { a: 1, b: ['x', null] }, nth: 0 },
        { by: 'model', calls: 'now', with: {}, nth: 1 },
        { by: 'tool', answers: 0, text: '3', failed: false },
        { by: 'tool', answers: 1, text: 'noon', failed: false },
        { by: 'user', text: 'And?' },
      ],
    },
  ],
  ['an answer by a JSON schema', { format: { name: 'sum', schema } }],
  ['the longest answer', { maxTokens: 500 }],
]

const hi = [{ type: 'text' as const, text: 'Hi' }]
const coarse = {
  type: 'image' as const,
  source: { kind: 'base64' as const, mediaType: 'image/png', data: 'iVBORw==' },
  detail: 'low' as const,
}
const strictTool = { name: 'add', parameters: schema, strict: true }

/** What only some wires can say, by the parameter that says it; each has a mark by which it is found in a body. */
const wishes: readonly [string, Partial<ChatRequest>, RegExp][] = [
  ['temperature', { temperature: 0.125 }, /:0\.125/],
  ['top_p', { topP: 0.375 }, /:0\.375/],
  ['presence_penalty', { presencePenalty: 0.625 }, /:0\.625/],
  ['frequency_penalty', { frequencyPenalty: 0.875 }, /:0\.875/],
  ['seed', { seed: 4242 }, /:4242/],
  ['stop', { stop: ['STOP-HERE'] }, /STOP-HERE/],
  ['n', { n: 3 }, /"(n|candidateCount)":3/],
  ['logprobs', { logprobs: true }, /logprobs"?:true|output_text\.logprobs|responseLogprobs":true/],
  ['top_logprobs', { logprobs: true, topLogprobs: 17 }, /logprobs":17/],
  [
    'parallel_tool_calls',
    { tools: [{ name: 'add' }], parallelToolCalls: false },
    /parallel_tool_(calls":false|use":true)/,
  ],
  ['reasoning_effort', { reasoningEffort: 'high' }, /"high"/i],
  ['tools', { tools: [strictTool] }, /"strict":true|VALIDATED/],
  ['response_format', { responseFormat: { type: 'json_object' } }, /json_object|application\/json/],
  ['messages: name', { messages: [{ role: 'user', name: 'Ada', content: hi }] }, /"Ada"/],
  ['messages: detail', { messages: [{ role: 'user', content: [coarse] }] }, /"detail":"low"/],
  [
    'cache_control',
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cacheControl: { type: 'ephemeral' } }] }] },
    /ephemeral/,
  ],
  ['x_unknown', { extra: { x_unknown: 'as it came' } }, /"x_unknown":"as it came"/],
]

/** Every dialect must pass this: what a caller says reaches the provider, or the caller is told. */
export const describeRequests = (
  name: WireName,
  { lacks, thinking, ...under }: RequestsUnderTest,
  send: Send,
): void => {
  describe('a request', () => {
    test.each(sayings)('says %s', async (_what, said) => {
      const meant = { ...nothing, ...said }
      const { left, real } = suffer(meant, lossesOn(name, ['both', 'out']))
      const { body, folded } = await send(faces['openai-chat'](spoken['openai-chat'].write(meant)))
      expect(plainly(spoken[name].read(body))).toEqual(left)
      expect(new Set(folded.warnings.map(({ param }) => param))).toEqual(toldOf(real))
    })

    test.each(wishes)('has %s, or the caller is told that it has not', async (wish, fields, mark) => {
      const { body, folded } = await send(makeRequest(fields), { wire: { thinking } })
      const isThere = mark.test(JSON.stringify(body))
      const isTold = folded.warnings.some(({ param }) => param === wish.split(':')[0])
      const isLacking = lacks.includes(wish)
      expect({ isThere, isTold }).toEqual({ isThere: !isLacking, isTold: isLacking })
    })

    test('gives thoughts back as they were signed, with what they led to', async () => {
      const options = { wire: { thinking }, ...(under.thoughtsRow && { row: under.thoughtsRow }) }
      for (const reply of [under.thoughts.document, under.thoughts.stream]) {
        const { folded } = await send(makeRequest({ tools: [strictTool] }), { ...options, reply })
        const [choice] = folded.choices
        expect(choice?.reasoning.map((block) => (block.kind === 'text' ? block.text : '')).join('')).toBe('Hm.')
        expect(choice?.toolCalls).toMatchObject([{ name: 'add', argumentsJson: '{"a":1}' }])
        const messages: Message[] = [
          { role: 'user', content: hi },
          { role: 'assistant', content: [], reasoning: choice?.reasoning ?? [], toolCalls: choice?.toolCalls ?? [] },
          { role: 'tool', toolCallId: choice?.toolCalls[0]?.id ?? '', content: [{ type: 'text', text: '1' }] },
        ]
        const { body } = await send(makeRequest({ messages, tools: [strictTool] }), options)
        expect(JSON.stringify(body).split('c2lnbmVk')).toHaveLength(2)
        const calls = spoken[name].read(body).said.filter((piece) => piece.by !== 'user')
        expect(calls.filter((piece) => !('text' in piece && piece.text === 'Hm.'))).toMatchObject([
          { calls: 'add', nth: 0 },
          { answers: 0, text: '1' },
        ])
      }
    })
  })
}
