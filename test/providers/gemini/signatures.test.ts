import { describe, expect, test } from 'vitest'
import type { Message } from '../../../src/contract/chat.ts'
import { createGemini } from '../../../src/providers/gemini.ts'
import { createCallSignatures } from '../../../src/providers/gemini/signatures.ts'
import { writeReasoning } from '../../../src/providers/anthropic/content.ts'
import { writeRequest as writeChat } from '../../../src/providers/openai-chat/request.ts'
import { makeCall, makeCard, makeRequest, makeRow, startHttp } from '../calls.ts'
import { geminiChunk } from '../chat-wire.ts'
import { ask } from '../fold.ts'
import { first, usePlayer } from '../player.ts'
import { sendJson, startWireServer } from '../wire-server.ts'
import { expectBody, hi, result, says, user, write } from './write.ts'

const { chunks } = usePlayer()
const level = { wire: { thinking: 'level' } } as const
const placeholder = Buffer.from('skip_thought_signature_validator').toString('base64')
const callOf = (id: string, signature?: string) => ({
  functionCall: { id, name: 'add', args: { a: 1 } },
  ...(signature !== undefined && { thoughtSignature: signature }),
})
const resultOf = (id: string, output: string) => ({ functionResponse: { id, name: 'add', response: { output } } })

describe('8: results', () => {
  test('stand in the order of their calls, one each, before what the user adds', () => {
    const messages = [
      user('Hi'),
      says('', { id: 'a' }, { id: 'b' }, { id: 'c' }),
      result('c', '3'),
      user('And?'),
      result('a', '1'),
      result('z', '9'),
    ]
    expectBody(write({ messages }).body, {
      contents: [
        ...hi,
        { role: 'model', parts: [callOf('a'), callOf('b'), callOf('c')] },
        {
          role: 'user',
          parts: [
            resultOf('a', '1'),
            { functionResponse: { id: 'b', name: 'add', response: { error: 'This call was given no result.' } } },
            resultOf('c', '3'),
            { text: 'And?' },
            { text: 'Result of the tool call z, made elsewhere:' },
            { text: '9' },
          ],
        },
      ],
    })
  })

  test('of ids that come twice still find their calls', () => {
    const turn = [says('', { id: 'call_0' }), result('call_0', '1')]
    const { body } = write({ messages: [user('Hi'), ...turn, ...turn] })
    const ids = [...JSON.stringify(body).matchAll(/"id":"(\w+)"/g)].map(([, id]) => id)
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(ids[0]).not.toBe(ids[2])
  })
})

describe('9: signatures', () => {
  test('of calls come where Google’s OpenAI-compatible endpoint has them, and go back with the call', async () => {
    const { toolCalls } = first(
      await chunks([geminiChunk([callOf('a', 'c2ln'), callOf('b')]), geminiChunk([], { finish: 'STOP' })]),
    )
    expect(toolCalls.map(({ extra }) => extra)).toEqual([
      { extra_content: { google: { thought_signature: 'c2ln' } } },
      undefined,
    ])
    const said: Message = { role: 'assistant', content: [], reasoning: [], toolCalls }
    expectBody(write({ messages: [user('Hi'), said, result('a', '1'), result('b', '2')] }, level).body, {
      contents: [
        ...hi,
        { role: 'model', parts: [callOf('a', 'c2ln'), callOf('b')] },
        { role: 'user', parts: [resultOf('a', '1'), resultOf('b', '2')] },
      ],
    })
    // And the other way: a conversation that began there goes on here, and one that began here there.
    const { body } = writeChat(makeCall({ request: makeRequest({ messages: [user('Hi'), said] }) }))
    expect(body.messages).toMatchObject([
      {},
      { tool_calls: [{ extra_content: { google: { thought_signature: 'c2ln' } } }, {}] },
    ])
    const strict = makeCall({
      request: makeRequest({ messages: [user('Hi'), said] }),
      row: makeRow({ wire: { callExtras: false } }),
    })
    expect(JSON.stringify(writeChat(strict).body)).not.toContain('extra_content')
  })

  test('that a client did not give back are known by the call’s id', async () => {
    await using server = await startWireServer((_request, outgoing) =>
      sendJson(outgoing, 200, geminiChunk([callOf('a', 'c2ln')], { finish: 'STOP' })),
    )
    await using http = startHttp()
    const dialect = createGemini(http)
    const row = makeRow({ baseUrl: server.url })
    await ask(dialect, makeCall({ row }))
    const request = makeRequest({ messages: [user('Hi'), says('', { id: 'a' }), result('a', '1')] })
    await ask(dialect, makeCall({ row, request }))
    expect(server.requests[1]?.body.contents).toMatchObject([{}, { parts: [{ thoughtSignature: 'c2ln' }] }, {}])
  })

  test('are remembered for so many calls, the oldest forgotten first', () => {
    const signatures = createCallSignatures()
    for (let n = 0; n < 2_001; n++) signatures.note(`call-${n}`, `sig-${n}`)
    const of = (id: string) => signatures.of({ id, name: 'add', argumentsJson: '{}' })
    expect([of('call-0'), of('call-1'), of('call-2000')]).toEqual([null, 'sig-1', 'sig-2000'])
  })

  test('that are nowhere are replaced by Google’s placeholder, where the model insists and nowhere else', () => {
    const messages = [user('Hi'), says('', { id: 'a' }, { id: 'b' }), result('a', '1'), result('b', '2')]
    expect(write({ messages }, level).body.contents).toMatchObject([
      {},
      { parts: [callOf('a', placeholder), callOf('b')] },
      {},
    ])
    expect(JSON.stringify(write({ messages }).body)).not.toContain('thoughtSignature')
    const signed = [
      user('Hi'),
      says('', { id: 'a', signature: 'c2ln' }, { id: 'b' }),
      result('a', '1'),
      result('b', '2'),
    ]
    expect(JSON.stringify(write({ messages: signed }, level).body)).not.toContain(placeholder)
  })

  test('of thoughts and of text go back to the part that they sign', async () => {
    const thought = { text: 'Hm.', thought: true, thoughtSignature: 'dGhvdWdodA==' }
    const { reasoning, text } = first(
      await chunks([
        geminiChunk([thought]),
        geminiChunk([{ text: 'Well.' }]),
        geminiChunk([{ text: '', thoughtSignature: 'dGV4dA==' }], { finish: 'STOP' }),
      ]),
    )
    expect(reasoning).toEqual([
      { kind: 'text', text: 'Hm.', signature: 'gemini:dGhvdWdodA==' },
      { kind: 'redacted', data: 'gemini-text:dGV4dA==' },
    ])
    const said: Message = { role: 'assistant', content: [{ type: 'text', text }], reasoning, toolCalls: [] }
    expectBody(write({ messages: [user('Hi'), said, user('Go on')] }).body, {
      contents: [
        ...hi,
        { role: 'model', parts: [thought, { text: 'Well.', thoughtSignature: 'dGV4dA==' }] },
        { role: 'user', parts: [{ text: 'Go on' }] },
      ],
    })
  })

  test('and thoughts of others are kept from it, and its own from them', () => {
    const own = { kind: 'text' as const, text: 'Hm.', signature: 'gemini:c2ln' }
    const ownText = { kind: 'redacted' as const, data: 'gemini-text:c2ln' }
    const theirs = { kind: 'text' as const, text: 'Ah.', signature: 'RXFSdg==' }
    const theirData = { kind: 'redacted' as const, data: 'RXFSdg==' }
    const reasoning = [own, theirs, theirData, { kind: 'text' as const, text: 'Unsigned.' }, ownText]
    const said: Message = { role: 'assistant', content: [{ type: 'text', text: 'Well.' }], reasoning, toolCalls: [] }
    expect(write({ messages: [user('Hi'), said, user('Go')] }).body.contents).toMatchObject([
      {},
      {
        parts: [
          { text: 'Hm.', thought: true, thoughtSignature: 'c2ln' },
          { text: 'Well.', thoughtSignature: 'c2ln' },
        ],
      },
      {},
    ])
    expect(writeReasoning(reasoning)).toEqual([
      { type: 'thinking', thinking: 'Ah.', signature: 'RXFSdg==' },
      { type: 'redacted_thinking', data: 'RXFSdg==' },
    ])
    const { body } = writeChat(
      makeCall({
        request: makeRequest({ messages: [said] }),
        row: makeRow({ wire: { openrouterExtras: true } }),
        card: makeCard(),
      }),
    )
    expect(JSON.stringify(body)).toContain('RXFSdg==')
    expect(JSON.stringify(body)).not.toContain('gemini')
  })
})
