import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll } from 'vitest'
import type { ChatRequest } from '../../src/contract/chat.ts'
import type { Json, JsonObject } from '../../src/contract/json.ts'
import type { WireFlags } from '../../src/contract/model.ts'
import type { Dialect, UpstreamEvent } from '../../src/contract/provider.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { createDialects } from '../../src/providers/index.ts'
import { makeCall, makeCard, makeRequest, makeRow, startHttp } from './calls.ts'
import { named } from './chat-wire.ts'
import { fold, readAll } from './fold.ts'
import type { FoldedChoice } from './fold.ts'
import { sendJson, sendPieces, sse, startWireServer } from './wire-server.ts'
import type { WireServer } from './wire-server.ts'

/** Plays replies to the dialects over a real socket, for the tests of one file. */
export const usePlayer = () => {
  let answer: (response: ServerResponse) => void = (response) => response.end()
  let server: WireServer
  let http: UpstreamHttp
  let dialects: ReadonlyMap<string, Dialect>

  beforeAll(async () => {
    server = await startWireServer((_request, response) => answer(response))
    http = startHttp()
    dialects = createDialects(http)
  })

  afterAll(async () => {
    await http[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const read = (
    name: 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini',
    fields: Partial<ChatRequest> = {},
    wire: Partial<WireFlags> = {},
  ): Promise<UpstreamEvent[]> => {
    const dialect = dialects.get(name)
    if (!dialect) throw new Error(`No dialect is called ${name}.`)
    const row = makeRow({ baseUrl: server.url })
    return readAll(dialect, makeCall({ row, request: makeRequest(fields), card: makeCard({ wire }) }))
  }

  return {
    /** A body of OpenAI's chat wire, in these pieces. */
    pieces(pieces: readonly string[], contentType?: string): Promise<UpstreamEvent[]> {
      answer = (response) => void sendPieces(response, pieces, contentType)
      return read('openai-chat')
    },
    /** A stream of OpenAI's chat wire with these payloads. */
    streamed(payloads: readonly Json[], end = 'data: [DONE]\n\n'): Promise<UpstreamEvent[]> {
      answer = (response) => void sendPieces(response, [sse(payloads, end)])
      return read('openai-chat')
    },
    /** A document of OpenAI's chat wire. */
    whole(value: Json): Promise<UpstreamEvent[]> {
      answer = (response) => sendJson(response, 200, value)
      return read('openai-chat')
    },
    /** A stream of the Responses wire with these events. */
    responded(events: readonly JsonObject[], end = ''): Promise<UpstreamEvent[]> {
      answer = (response) => void sendPieces(response, [named(events) + end])
      return read('openai-responses')
    },
    /** A document of the Responses wire. */
    response(value: Json): Promise<UpstreamEvent[]> {
      answer = (response) => sendJson(response, 200, value)
      return read('openai-responses')
    },
    /** A stream of Anthropic's with these events. */
    messages(
      events: readonly JsonObject[],
      fields?: Partial<ChatRequest>,
      wire?: Partial<WireFlags>,
    ): Promise<UpstreamEvent[]> {
      answer = (response) => void sendPieces(response, [named(events)])
      return read('anthropic', fields, wire)
    },
    /** A stream of Gemini's with these chunks. */
    chunks(payloads: readonly Json[]): Promise<UpstreamEvent[]> {
      answer = (response) => void sendPieces(response, [sse(payloads)])
      return read('gemini')
    },
    /** A document of Gemini's. */
    generated(value: Json): Promise<UpstreamEvent[]> {
      answer = (response) => sendJson(response, 200, value)
      return read('gemini')
    },
    /** A document of Anthropic's. */
    message(value: JsonObject, fields?: Partial<ChatRequest>, wire?: Partial<WireFlags>): Promise<UpstreamEvent[]> {
      answer = (response) => sendJson(response, 200, value)
      return read('anthropic', fields, wire)
    },
  }
}

/** The first choice of an answer. */
export const first = (events: readonly UpstreamEvent[]): FoldedChoice => {
  const [choice] = fold(events).choices
  if (!choice) throw new Error('There is no answer.')
  return choice
}
