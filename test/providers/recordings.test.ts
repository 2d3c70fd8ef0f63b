import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
import { saidBy, withoutGivenIds } from './said.ts'
import type { Said } from './said.ts'

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
    expect(count('openai-responses', false)).toBeGreaterThanOrEqual(50)
    expect(count('openai-responses', true)).toBeGreaterThanOrEqual(25)
    expect(count('anthropic', false)).toBeGreaterThanOrEqual(60)
    expect(count('anthropic', true)).toBeGreaterThanOrEqual(15)
    expect(count('gemini', false)).toBeGreaterThanOrEqual(30)
    expect(count('gemini', true)).toBeGreaterThanOrEqual(8)
    expect(refusals.length).toBeGreaterThanOrEqual(5)
  })

  test.each(answers.map((recording) => [recording.name, recording] as const))(
    '%s is understood',
    async (_name, recording) => {
      const folded = await play(recording)
      const said = saidBy(recording)
      expect(withoutGivenIds(foldedSays(folded), said)).toEqual(said)
      expect(folded.model).toBeTruthy()
      // Early Gemini models gave none.
      if (recording.wire !== 'gemini') expect(folded.responseId).toBeTruthy()
      else expect(folded.responseId).toBe(at(recording.payloads[0], 'responseId') ?? null)
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
      const param = at(recording.payloads[0], 'error', 'param')
      const told = recording.wire === 'openai-responses' && String(param).startsWith('input') ? 'messages' : param
      expect(error.detail.param).toBe(missing ? undefined : told)
    },
  )
})
