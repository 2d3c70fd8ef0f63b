import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../../src/contract/chat.ts'
import { anthropicEvents, anthropicMessage } from '../chat-wire.ts'
import { first, usePlayer } from '../player.ts'

const { message, messages } = usePlayer()

describe('an answer given through a tool', () => {
  const schema = { type: 'object', properties: { x: { type: 'number' } } }
  const asked: Partial<ChatRequest> = { responseFormat: { type: 'json_schema', name: 'point', schema } }
  const given = {
    start: { type: 'tool_use', id: 't', name: 'point', input: {} },
    deltas: ['{"x"', ':1}'].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }
  const chatter = {
    start: { type: 'text', text: '' },
    deltas: ['Here you ', 'are: '].map((words) => ({ type: 'text_delta', text: words })),
  }
  const tell = (blocks: Parameters<typeof anthropicEvents>[0], stop = 'tool_use', fields: Partial<ChatRequest> = {}) =>
    messages(anthropicEvents(blocks, { stop }), { ...asked, ...fields }, { jsonSchema: false })

  test('is text in pieces, ends with stop, and the chatter around it is left out', async () => {
    const events = await tell([chatter, given])
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(2)
    expect(first(events)).toMatchObject({
      text: '{"x":1}',
      toolCalls: [],
      finish: { reason: 'stop', native: 'tool_use' },
    })
  })

  test('cut by length ends with length', async () => {
    expect(first(await tell([given], 'max_tokens')).finish?.reason).toBe('length')
  })

  test('beside a call of the caller’s tool ends with that', async () => {
    const call = { start: { type: 'tool_use', id: 'c', name: 'add', input: { a: 1 } } }
    const choice = first(await tell([call], 'tool_use', { tools: [{ name: 'add' }] }))
    expect(choice).toMatchObject({
      text: '',
      toolCalls: [{ name: 'add', argumentsJson: '{"a":1}' }],
      finish: { reason: 'tool_calls' },
    })
  })

  test('given twice counts once', async () => {
    expect(first(await tell([given, given])).text).toBe('{"x":1}')
  })

  test('not given after all, the text is the answer', async () => {
    expect(first(await tell([chatter], 'end_turn')).text).toBe('Here you are: ')
  })

  test('comes whole in a document', async () => {
    const content = [{ type: 'tool_use', id: 't', name: 'point', input: { x: 1 } }]
    const events = await message(anthropicMessage(content, { stop: 'tool_use' }), asked, { jsonSchema: false })
    expect(first(events)).toMatchObject({ text: '{"x":1}', finish: { reason: 'stop' } })
  })
})
