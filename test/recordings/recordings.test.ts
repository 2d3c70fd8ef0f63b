import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { hasRecordings, loadRecordings, payloadsOf } from '../providers/recordings.ts'
import type { Recording } from '../providers/recordings.ts'
import { saidBy, withoutGivenIds } from '../providers/said.ts'
import type { Said } from '../providers/said.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { at } from '../support/json.ts'

const recordings = hasRecordings ? loadRecordings() : []
const answers = recordings.filter(({ status }) => status === 200)
const refusals = recordings.filter(({ status }) => status !== 200)
const named = (list: readonly Recording[]) => list.map((recording) => [recording.name, recording] as const)

/** Each wire's model, so that the recording comes from a provider that speaks it. */
const models = {
  'openai-chat': 'openai-compatible:house',
  'openai-responses': 'openai:gpt-6.1-sol',
  anthropic: 'claude-haiku-5-5',
  gemini: 'gemini-3.8-flash',
} as const

/** What leads a request to that wire. */
const tools = [{ type: 'function', function: { name: 'unused' } }]

describe.skipIf(!hasRecordings)(
  'recorded replies of real providers through the whole gateway (skipped where ../shared/data is absent)',
  () => {
    let it: TestApp
    beforeAll(async () => {
      it = await startApp({
        env: (upstreamUrl) => ({ GOOGLE_API_KEY: 'key-e', GOOGLE_BASE_URL: `${upstreamUrl}/google/v1beta` }),
        // A refusal that comes again would rest the key, and the breaker would learn from one recording for the next.
        change: (config) => ({ ...config, resilience: { ...config.resilience, maxTries: 1 } }),
      })
    })
    afterAll(() => it[Symbol.asyncDispose]())

    const ask = (recording: Recording, stream: boolean): Promise<Response> => {
      const { status, isStream, body } = recording
      it.upstream.script([{ status, body: isStream ? piecesOf(body) : body }])
      return fetch(`${it.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: models[recording.wire],
          messages: [{ role: 'user', content: recording.name }],
          use_cache: false,
          ...(recording.wire === 'openai-responses' && { tools }),
          stream,
          ...(stream && { stream_options: { include_usage: true } }),
        }),
      })
    }

    /** What the caller gets, read from OpenAI's wire as a recording of it would be. */
    const hear = async (recording: Recording, stream: boolean): Promise<Said> => {
      const response = await ask(recording, stream)
      const text = await response.text()
      expect(response.status, text).toBe(200)
      expect(it.receipts.at(-1)).toMatchObject({ id: response.headers.get('x-request-id'), outcome: 'complete' })
      if (stream) expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
      return saidBy({ wire: 'openai-chat', payloads: stream ? payloadsOf(text) : [JSON.parse(text)] })
    }

    test('there are enough of them to prove something', () => {
      for (const [wire, isStream, least] of [
        ['openai-chat', false, 50],
        ['openai-chat', true, 15],
        ['openai-responses', false, 50],
        ['openai-responses', true, 25],
        ['anthropic', false, 60],
        ['anthropic', true, 15],
        ['gemini', false, 30],
        ['gemini', true, 8],
      ] as const) {
        const some = answers.filter((recording) => recording.wire === wire && recording.isStream === isStream)
        expect(some.length, `${wire}, ${isStream ? 'streams' : 'documents'}`).toBeGreaterThanOrEqual(least)
      }
      expect(answers.filter((recording) => saidBy(recording).tools.length > 0).length).toBeGreaterThanOrEqual(30)
      expect(answers.filter((recording) => saidBy(recording).usage !== null).length).toBeGreaterThanOrEqual(140)
      expect(refusals.length).toBeGreaterThanOrEqual(4)
    })

    describe.each([
      ['a stream', true],
      ['plain JSON', false],
    ])('asked for as %s', (_what, stream) => {
      test.each(named(answers))('%s reaches the caller as it was said', async (_name, recording) => {
        const said = saidBy(recording)
        const heard = withoutGivenIds(await hear(recording, stream), said)
        const { usage } = heard
        expect({ ...heard, usage: said.usage && usage }).toEqual(said)
        // Where the provider did not count, we did, and say so.
        expect(it.receipts.at(-1)?.usage?.source).toBe(said.usage ? 'provider' : 'estimated')
        expect(it.receipts.at(-1)?.usage).toMatchObject(usage ?? {})
      })

      test.each(named(refusals))('%s is an error in the provider’s own words', async (_name, recording) => {
        const response = await ask(recording, stream)
        const body: JsonObject = JSON.parse(await response.text())
        const missing = recording.name.includes('unknown-model')
        expect([response.status, at(body, 'error', 'code')]).toEqual(
          missing ? [502, 'provider_model_missing'] : [400, 'provider_rejected'],
        )
        expect(at(body, 'error', 'message')).toContain(at(recording.payloads[0], 'error', 'message'))
      })
    })
  },
)

/** 1,000 bytes each: characters, events and JSON are split wherever they happen to be. */
const piecesOf = (body: string): Uint8Array[] => {
  const bytes = Buffer.from(body)
  return Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, nth) =>
    bytes.subarray(nth * 1000, nth * 1000 + 1000),
  )
}
