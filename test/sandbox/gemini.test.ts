import { ApiError, FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel } from '@google/genai'
import type { Content, GenerateContentParameters, GenerateContentResponse, Part } from '@google/genai'
import { describe, expect, test } from 'vitest'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { eventsOf, geminiHeaders, observe } from './observe.ts'

const model = 'gemini-3.8-flash'
const clientOf = (upstream: Upstream): GoogleGenAI =>
  new GoogleGenAI({ apiKey: 'test-key', httpOptions: { baseUrl: `${upstream.url}/google` } })
const hello: GenerateContentParameters = { model, contents: 'Hello from Vienna' }
const weather = {
  name: 'get_weather',
  description: 'The current weather of a city',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const partsOf = (reply: GenerateContentResponse): Part[] => reply.candidates?.[0]?.content?.parts ?? []

const streamOf = async (client: GoogleGenAI, params: GenerateContentParameters): Promise<GenerateContentResponse[]> =>
  Array.fromAsync(await client.models.generateContentStream(params))

describe("Google's own SDK", () => {
  test('chats, and streams the same answer', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const whole = await client.models.generateContent(hello)
    expect(whole.text).toContain('Vienna')
    expect(whole.modelVersion).toBe(model)
    expect(whole.candidates?.[0]?.finishReason).toBe('STOP')
    const chunks = await streamOf(client, hello)
    expect(chunks.map(({ text = '' }) => text).join('')).toBe(whole.text)
    expect(chunks.at(-1)?.usageMetadata).toEqual(whole.usageMetadata)
    expect(upstream.requests.map(({ row, model: asked }) => [row, asked])).toEqual([
      ['google', model],
      ['google', model],
    ])
  })

  test('runs a tool loop, in which the first call of each step is signed', async () => {
    await using upstream = await startUpstream()
    const client = clientOf(upstream)
    const contents: Content[] = [{ role: 'user', parts: [{ text: 'The weather in Paris and Oslo, please' }] }]
    const config = { tools: [{ functionDeclarations: [weather] }] }
    const parts = (await streamOf(client, { model, contents, config }))
      .flatMap(partsOf)
      .filter((part) => part.functionCall)
    expect(parts.map(({ functionCall }) => functionCall?.args)).toEqual([{ city: 'Paris' }, { city: 'Oslo' }])
    expect(parts.map(({ thoughtSignature }) => typeof thoughtSignature)).toEqual(['string', 'undefined'])

    const results = parts.map(({ functionCall }, index) => ({
      functionResponse: {
        id: functionCall?.id ?? '',
        name: functionCall?.name ?? '',
        response: { output: `${index} degrees` },
      },
    }))
    const next = (calls: Part[]): Promise<GenerateContentResponse> =>
      client.models.generateContent({
        model,
        config,
        contents: [...contents, { role: 'model', parts: calls }, { role: 'user', parts: results }],
      })
    expect((await next(parts)).text).toMatch(/0 degrees[^]*1 degrees/)
    await expect(next(parts.map(({ functionCall = {} }) => ({ functionCall })))).rejects.toThrow(/thought_signature/)
    await expect(next(parts.map((part) => ({ ...part, thoughtSignature: 'b3RoZXI=' })))).rejects.toThrow(/not valid/)
  })

  test('can be made to call a function, or kept from it', async () => {
    await using upstream = await startUpstream()
    const ask = (mode: FunctionCallingConfigMode, allowedFunctionNames?: string[]) =>
      clientOf(upstream).models.generateContent({
        ...hello,
        config: {
          tools: [{ functionDeclarations: [weather, { name: 'get_time' }] }],
          toolConfig: { functionCallingConfig: { mode, ...(allowedFunctionNames && { allowedFunctionNames }) } },
        },
      })
    const forced = await ask(FunctionCallingConfigMode.ANY, ['get_time'])
    expect(forced.functionCalls?.map(({ name }) => name)).toEqual(['get_time'])
    expect((await ask(FunctionCallingConfigMode.NONE)).functionCalls).toBeUndefined()
    await expect(ask(FunctionCallingConfigMode.AUTO, ['get_time'])).rejects.toThrow(/modes ANY/)
  })

  test('sees thoughts when it asks for them, and pays for them beside the answer', async () => {
    await using upstream = await startUpstream()
    const ask = (includeThoughts: boolean) =>
      streamOf(clientOf(upstream), {
        ...hello,
        config: { thinkingConfig: { thinkingLevel: ThinkingLevel.HIGH, includeThoughts } },
      })
    const shown = await ask(true)
    expect(shown.flatMap(partsOf).filter(({ thought }) => thought).length).toBeGreaterThan(3)
    const {
      promptTokenCount = 0,
      candidatesTokenCount = 0,
      thoughtsTokenCount = 0,
      totalTokenCount,
    } = shown.at(-1)?.usageMetadata ?? {}
    expect(thoughtsTokenCount).toBeGreaterThan(20)
    expect(totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughtsTokenCount)
    const hidden = await ask(false)
    expect(hidden.flatMap(partsOf).filter(({ thought }) => thought)).toEqual([])
    expect(hidden.at(-1)?.usageMetadata?.thoughtsTokenCount).toBe(thoughtsTokenCount)
    expect(hidden.flatMap(partsOf).at(-1)?.thoughtSignature).toMatch(/^[\w+/]+=*$/)
  })

  test('gets JSON that fits its schema, and as many answers as it asks for', async () => {
    await using upstream = await startUpstream()
    const reply = await clientOf(upstream).models.generateContent({
      ...hello,
      config: {
        candidateCount: 2,
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    })
    const texts = reply.candidates?.map(({ content }) => content?.parts?.[0]?.text ?? '') ?? []
    expect(texts.map((text) => JSON.parse(text))).toEqual([{ city: 'Vienna' }, { city: 'Vienna' }])
  })

  test('is cut at its token limit, counts, and lists', async () => {
    await using upstream = await startUpstream({ models: [{ id: model }, { id: 'other', row: 'xai' }] })
    const client = clientOf(upstream)
    const short = await client.models.generateContent({ ...hello, config: { maxOutputTokens: 3 } })
    expect(short.candidates?.[0]?.finishReason).toBe('MAX_TOKENS')
    expect(short.usageMetadata?.candidatesTokenCount).toBe(3)
    expect(await client.models.countTokens({ model, contents: hello.contents })).toMatchObject({
      totalTokens: short.usageMetadata?.promptTokenCount,
    })
    const listed = await Array.fromAsync(await client.models.list())
    expect(listed.map(({ name }) => name)).toEqual([`models/${model}`])
    await expect(client.models.generateContent({ ...hello, model: 'other' })).rejects.toMatchObject({ status: 404 })
  })

  test('gets its error class', async () => {
    await using upstream = await startUpstream()
    upstream.script([{ kind: 'status', status: 429, retryAfterS: 3 }, { kind: 'out-of-credit' }])
    for (const status of [429, 429])
      await expect(clientOf(upstream).models.generateContent(hello)).rejects.toSatisfy(
        (error) => error instanceof ApiError && error.status === status && /RESOURCE_EXHAUSTED/.test(error.message),
      )
  })
})

describe('the gemini wire', () => {
  const path = `/google/v1beta/models/${model}:generateContent`
  const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }]
  const called = { role: 'model', parts: [{ functionCall: { name: 'f' } }] }

  test('sends chunks that each name the model and the answer', async () => {
    await using upstream = await startUpstream()
    const url = `${upstream.url}/google/v1beta/models/${model}:streamGenerateContent?alt=sse`
    const { text, headers } = await observe(url, { body: { contents }, headers: geminiHeaders })
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    const events = eventsOf(text)
    expect(new Set(events.map((event) => JSON.stringify(event).replace(/.*(?="modelVersion")/, ''))).size).toBe(1)
    expect(JSON.stringify(events.at(-1))).toContain('"finishReason":"STOP"')
    expect(JSON.stringify(events.slice(0, -1))).not.toContain('finishReason')
  })

  test.each<[string, unknown, RegExp]>([
    ['no contents', {}, /contents/],
    ['an unknown field', { contents, tenant: 'x' }, /tenant/],
    ['a role of another wire', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /role/],
    ['a turn without parts', { contents: [{ role: 'user', parts: [] }] }, /parts/],
    ['a part of two kinds', { contents: [{ parts: [{ text: 'x', functionCall: { name: 'f' } }] }] }, /one kind/],
    ['a call without its result', { contents: [...contents, called, ...contents] }, /number of function response/],
    ['a call at the end', { contents: [...contents, called] }, /followed by/],
    ['a call at the beginning', { contents: [called, ...contents] }, /right after a user turn/],
    [
      'a schema without the JSON type',
      { contents, generationConfig: { responseJsonSchema: { type: 'object' } } },
      /mime type/,
    ],
    ['a seed of 64 bits', { contents, generationConfig: { seed: 2 ** 40 } }, /seed/],
    [
      'a forced function that is none',
      { contents, toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } } },
      /not declared/,
    ],
  ])('refuses %s with 400 in its own shape', async (_name, body, message) => {
    await using upstream = await startUpstream()
    const sight = await observe(upstream.url + path, { body, headers: geminiHeaders })
    expect(sight.status).toBe(400)
    expect(JSON.parse(sight.text)).toEqual({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringMatching(message) },
    })
  })

  test('wants a key', async () => {
    await using upstream = await startUpstream()
    const headers = { 'content-type': 'application/json' }
    expect((await observe(upstream.url + path, { body: { contents }, headers })).status).toBe(403)
  })
})
