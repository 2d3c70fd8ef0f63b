import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/contract/errors.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import type { Dialect, ProviderRow, UpstreamCall, UpstreamEvent } from '../../src/contract/provider.ts'
import type { UpstreamHttp } from '../../src/providers/http.ts'
import { makeCall, makeCard, makeRequest, makeRow, startHttp, testKey } from '../providers/calls.ts'
import { ask, failureOf, fold, readAll } from '../providers/fold.ts'
import { sendJson, sendPieces, startWireServer } from '../providers/wire-server.ts'
import type { SeenRequest, WireServer } from '../providers/wire-server.ts'
import type { WireName } from '../round-trip/wires.ts'
import { describeRequests } from './provider-requests.ts'
import type { RequestsUnderTest } from './provider-requests.ts'

/** One answer in both forms of a wire. */
interface BothForms {
  document: JsonObject
  stream: string
}

/** What a dialect's test brings: its wire's own way of saying the same things. */
export interface DialectUnderTest {
  create: (http: UpstreamHttp) => Dialect
  auth: ProviderRow['auth']
  /** The header that carries the key, and what is in it. */
  keyHeader: { name: string; value: (key: string) => string }
  /** Of a request for the document of `rocket-1`, and what of its body says so. */
  path: string
  body: JsonObject
  /** Model `rocket-1`, text `Grüße, 世界 🌍`, 12 input and 5 output tokens, ended by itself. */
  text: BothForms
  /** Calls `add` with `{"a":1,"b":2}` and `now` without arguments. */
  toolCalls: BothForms
  /** A stream that says `Half` and then nothing: no finish, no end. */
  unfinished: string
  /** A stream that says `Half` and then that the provider is overloaded. */
  overloadedInside: string
  /** The body of an error with this message. */
  error: (message: string) => JsonObject
  requests: RequestsUnderTest
}

const textSaid = 'Grüße, 世界 🌍'

/** Every dialect must pass this: what callers may rely on, whichever wire a provider speaks. */
export const describeDialect = (name: WireName, wire: DialectUnderTest): void => {
  describe(`${name} as any dialect`, () => {
    let answer: (response: ServerResponse, request: SeenRequest) => unknown = (response) => response.end()
    let server: WireServer
    let http: UpstreamHttp
    let dialect: Dialect

    beforeAll(async () => {
      server = await startWireServer((request, response) => answer(response, request))
      http = startHttp({ maxReplyBytes: 1_000_000 })
      dialect = wire.create(http)
    })

    afterAll(async () => {
      await http[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })

    const callWith = (fields: Partial<UpstreamCall> = {}, row: Parameters<typeof makeRow>[0] = {}): UpstreamCall =>
      makeCall({ row: makeRow({ baseUrl: server.url, auth: wire.auth, ...row }), ...fields })

    const streams = (text: string | Uint8Array) => (response: ServerResponse) => void sendPieces(response, [text])

    describeRequests(name, wire.requests, async (request, { row, wire: flags, reply = wire.text.document } = {}) => {
      answer = (response) =>
        typeof reply === 'string' ? void sendPieces(response, [reply]) : sendJson(response, 200, reply)
      const card = makeCard(flags ? { wire: flags } : {})
      const folded = await ask(dialect, callWith({ request, card, stream: false }, row ? { wire: row } : {}))
      return { body: server.requests.at(-1)?.body ?? {}, folded }
    })

    test('is known by its name', () => {
      expect(dialect.name).toBe(name)
    })

    test('asks the right path with the key, the hops and the headers of the row', async () => {
      answer = (response) => sendJson(response, 200, wire.text.document)
      await ask(dialect, callWith({ stream: false, hops: ['a', 'b'] }, { headers: { 'x-team': 'blue' } }))
      const seen = server.requests.at(-1)
      expect(seen).toMatchObject({ method: 'POST', path: wire.path })
      expect(seen?.headers).toMatchObject({
        [wire.keyHeader.name]: wire.keyHeader.value(testKey),
        'x-gateway-hop': 'a, b',
        'x-team': 'blue',
        'content-type': 'application/json',
        'accept-encoding': 'identity',
      })
      expect(seen?.body).toMatchObject(wire.body)
    })

    test('calls a local server without a key', async () => {
      answer = (response) => sendJson(response, 200, wire.text.document)
      await ask(dialect, callWith({ stream: false, key: null }))
      expect(server.requests.at(-1)?.headers).not.toHaveProperty(wire.keyHeader.name)
    })

    describe.each(['document', 'stream'] as const)('told as a %s', (form) => {
      const stream = form === 'stream'
      const play = (forms: BothForms) => (response: ServerResponse) =>
        stream ? void sendPieces(response, [forms.stream]) : sendJson(response, 200, forms.document)

      test('text comes with identity, finish and usage', async () => {
        answer = play(wire.text)
        const { choices, model, responseId, usage, warnings } = await ask(dialect, callWith({ stream }))
        expect({ model, warnings }).toEqual({ model: 'rocket-1', warnings: [] })
        expect(responseId).toBeTruthy()
        expect(choices).toHaveLength(1)
        expect(choices[0]).toMatchObject({ text: textSaid, toolCalls: [], finish: { reason: 'stop' } })
        expect(usage).toMatchObject({ inputTokens: 12, outputTokens: 5, source: 'provider' })
      })

      test('parallel tool calls come apart, with arguments that are JSON', async () => {
        answer = play(wire.toolCalls)
        const { choices } = await ask(dialect, callWith({ stream }))
        expect(choices[0]?.finish?.reason).toBe('tool_calls')
        const calls = choices[0]?.toolCalls.map((call) => [call.name, JSON.parse(call.argumentsJson)])
        expect(calls).toEqual([
          ['add', { a: 1, b: 2 }],
          ['now', {}],
        ])
        const ids = choices[0]?.toolCalls.map(({ id }) => id)
        expect(new Set(ids).size).toBe(2)
      })

      test('is understood though the other form was asked for', async () => {
        answer = play(wire.text)
        const { choices } = await ask(dialect, callWith({ stream: !stream }))
        expect(choices[0]).toMatchObject({ text: textSaid, finish: { reason: 'stop' } })
      })

      test('is understood whatever its content type is called', async () => {
        answer = (response) =>
          void sendPieces(response, [stream ? wire.text.stream : JSON.stringify(wire.text.document)], 'text/plain')
        const { choices } = await ask(dialect, callWith({ stream }))
        expect(choices[0]?.text).toBe(textSaid)
      })
    })

    test('reads a stream that comes byte by byte', async () => {
      const bytes = Buffer.from(wire.text.stream)
      answer = (response) =>
        void sendPieces(
          response,
          Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)),
        )
      expect((await ask(dialect, callWith())).choices[0]?.text).toBe(textSaid)
    })

    test('reads CRLF, comments, empty events and "data:" without a space', async () => {
      const strange = wire.text.stream
        .replaceAll('data: ', 'data:')
        .replaceAll('\n\n', '\n\n: PROCESSING\n\ndata:\n\n')
        .replaceAll('\n', '\r\n')
      answer = streams(`: PROCESSING\r\n\r\n${strange}`)
      expect((await ask(dialect, callWith())).choices[0]).toMatchObject({ text: textSaid, finish: { reason: 'stop' } })
    })

    test('says the same in a stream and in a document', async () => {
      for (const forms of [wire.text, wire.toolCalls]) {
        answer = (response) => sendJson(response, 200, forms.document)
        const whole = await ask(dialect, callWith({ stream: false }))
        answer = streams(forms.stream)
        expect(await ask(dialect, callWith())).toEqual(whole)
      }
    })

    const half = async (call: UpstreamCall, signal = AbortSignal.timeout(10_000)) => {
      const events: UpstreamEvent[] = []
      const failure = await failureOf(
        (async () => {
          for await (const event of dialect.chat(call, signal)) events.push(event)
        })(),
      )
      return { failure, text: fold(events).choices[0]?.text }
    }

    test('calls a stream that ends before its finish cut, after what it said', async () => {
      answer = streams(wire.unfinished)
      const { failure, text } = await half(callWith())
      expect(text).toBe('Half')
      expect(failure).toMatchObject({ code: 'provider_cut', detail: { provider: 'acme' } })
    })

    test('calls a connection that breaks in the middle cut', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(wire.unfinished)
        setTimeout(() => response.destroy(), 30)
      }
      expect((await half(callWith())).failure.code).toBe('provider_cut')
    })

    test('calls a stream that goes silent stalled', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(wire.unfinished)
      }
      const { failure, text } = await half(callWith({}, { timeouts: { stallMs: 60 } }))
      expect(text).toBe('Half')
      expect(failure.code).toBe('provider_stalled')
    })

    test('reports an error inside a stream as the error that it is', async () => {
      answer = streams(wire.overloadedInside)
      const { failure, text } = await half(callWith())
      expect(text).toBe('Half')
      expect(failure.code).toBe('provider_overloaded')
    })

    test.each([
      ['an event that is no JSON', (text: string) => `${text}data: {"half\n\n`],
      ['an event that is no object', (text: string) => `${text}data: 7\n\n`],
    ])('refuses %s', async (_what, broken) => {
      answer = streams(`${broken(wire.unfinished)}data: {}\n\n`)
      expect((await half(callWith())).failure.code).toBe('provider_bad_reply')
    })

    test.each([
      ['a web page', 'text/html', '<!doctype html><title>Sign in</title>'],
      ['half a document', 'application/json', '{"id":"x","cho'],
      ['JSON that is no answer', 'application/json', '{"hello":"world"}'],
      ['a text', 'text/plain', 'all is well'],
      ['nothing', 'application/json', ''],
    ])('refuses %s with status 200', async (_what, type, body) => {
      answer = (response) => void sendPieces(response, [body], type)
      const failure = await failureOf(readAll(dialect, callWith({ stream: false })))
      expect(failure.code).toBe('provider_bad_reply')
      expect(failure.message).not.toContain('Sign in')
    })

    const statuses: [number, ErrorCode][] = [
      [400, 'provider_rejected'],
      [401, 'provider_auth'],
      [402, 'provider_out_of_credit'],
      [403, 'provider_auth'],
      [404, 'provider_model_missing'],
      [408, 'provider_timeout'],
      [413, 'provider_rejected'],
      [422, 'provider_rejected'],
      [429, 'provider_rate_limited'],
      [500, 'provider_failed'],
      [502, 'provider_failed'],
      [503, 'provider_overloaded'],
      [504, 'provider_timeout'],
      [508, 'loop_detected'],
      [529, 'provider_overloaded'],
    ]
    test.each(statuses)('calls status %i %s', async (status, code) => {
      answer = (response) => sendJson(response, status, wire.error('The widget is off.'), { 'retry-after': '7' })
      const failure = await failureOf(readAll(dialect, callWith()))
      expect(failure).toMatchObject({ code, detail: { upstreamStatus: status, provider: 'acme', retryAfterMs: 7_000 } })
      if (code === 'provider_rejected') expect(failure.message).toContain('The widget is off.')
    })

    test('knows a refusal by its status though its explanation breaks off', async () => {
      answer = (response) => {
        response.writeHead(429, { 'retry-after': '3', 'content-length': 500 }).write('{"error":')
        setTimeout(() => response.destroy(), 10)
      }
      const failure = await failureOf(readAll(dialect, callWith()))
      expect(failure).toMatchObject({ code: 'provider_rate_limited', detail: { retryAfterMs: 3_000 } })
    })

    test('follows no redirect', async () => {
      answer = (response) => response.writeHead(307, { location: `${server.url}/elsewhere` }).end()
      const before = server.requests.length
      expect((await failureOf(readAll(dialect, callWith()))).code).toBe('provider_bad_reply')
      expect(server.requests.length).toBe(before + 1)
    })

    test('shows no key and no page of somebody else in an error', async () => {
      const page = `<html><body>nginx ${testKey}</body></html>`
      answer = (response) => response.writeHead(400, { 'content-type': 'text/html' }).end(page)
      const byPage = await failureOf(readAll(dialect, callWith()))
      answer = (response) => sendJson(response, 400, wire.error(`Wrong key ${testKey}, sk-live-0123456789abcdef.`))
      const byMessage = await failureOf(readAll(dialect, callWith()))
      for (const failure of [byPage, byMessage]) {
        const shown = `${failure.message} ${failure.stack} ${String(failure.cause)} ${JSON.stringify(failure.detail)}`
        expect(shown).not.toMatch(/nginx|sk-test|sk-live/)
      }
    })

    test('closes the connection at once when the caller leaves, and throws the reason', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(wire.unfinished)
      }
      await server.idleAfter(async () => {
        const controller = new AbortController()
        const reason = new Error('the caller left')
        const leaving = (async () => {
          for await (const event of dialect.chat(callWith(), controller.signal))
            if (event.type === 'text') controller.abort(reason)
        })()
        await expect(leaving).rejects.toBe(reason)
      })
    })

    test('never asks when the caller has left already', async () => {
      const before = server.requests.length
      const reason = new Error('gone')
      await expect(readAll(dialect, callWith(), AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(server.requests.length).toBe(before)
    })

    test.each([
      ['a short', ''],
      ['a long', `: ${'x'.repeat(200)}\n\n`.repeat(400)],
    ])('uses a connection again after %s answer that came whole', async (_length, padding) => {
      // The end of the reply comes a moment after its last event, when nobody reads any more.
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(padding + wire.text.stream)
        setTimeout(() => response.end(), 15)
      }
      const isReused = async (): Promise<boolean> => {
        const before = server.connections()
        await ask(dialect, callWith())
        await sleep(40)
        return server.connections() === before
      }
      await isReused()
      // Where the machine is so busy that the end comes too late, the next answer's may come in time.
      let turns = 5
      while (turns > 0 && !(await isReused())) turns -= 1
      expect(turns).toBeGreaterThan(0)
    })

    test('tells a slow reader from a slow provider', async () => {
      answer = async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const piece of wire.text.stream.split(/(?<=\n\n)/)) {
          response.write(piece)
          await sleep(30)
        }
        response.end()
      }
      const call = callWith({}, { timeouts: { stallMs: 200 } })
      const events: UpstreamEvent[] = []
      for await (const event of dialect.chat(call, AbortSignal.timeout(10_000))) {
        events.push(event)
        if (event.type === 'text') await sleep(260)
      }
      expect(fold(events).choices[0]?.text).toBe(textSaid)
    })

    test('whatever bytes come, it ends with an answer in order or with an error of ours', async () => {
      const line = fc.oneof(
        fc.constantFrom(...wire.text.stream.split('\n\n'), ...wire.toolCalls.stream.split('\n\n')),
        fc.json().map((json) => `data: ${json}`),
        fc.string().map((text) => `data: ${text}`),
        fc.string(),
      )
      const body = fc.oneof(
        fc.array(line, { maxLength: 12 }).map((lines) => Buffer.from(`${lines.join('\n\n')}\n\n`)),
        fc.json().map((json) => Buffer.from(json)),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc
          .tuple(fc.constantFrom(wire.text.stream, JSON.stringify(wire.toolCalls.document)), fc.nat())
          .map(([text, end]) => Buffer.from(text).subarray(0, end % text.length)),
      )
      const contentType = fc.constantFrom('text/event-stream', 'application/json', 'text/html')
      const property = fc.asyncProperty(body, contentType, fc.boolean(), async (bytes, type, stream) => {
        answer = (response) => void sendPieces(response, [bytes], type)
        const request = makeRequest({ tools: [{ name: 'add' }] })
        try {
          fold(await readAll(dialect, callWith({ stream, request })))
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
          expect(error.code).toMatch(/^(provider_|content_filtered|context_length_exceeded)/)
        }
      })
      await fc.assert(property, { numRuns: 300 })
    })
  })
}
