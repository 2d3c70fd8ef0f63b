import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { parseFault, type Fault } from '../../src/sandbox/fault.ts'
import { faultKinds, faultList } from '../../src/sandbox/fault-list.ts'
import { startUpstream } from '../support/upstream.ts'
import { anthropicHeaders, eventsOf, geminiHeaders, observe, openaiHeaders, type Look, type Sight } from './observe.ts'

type WireName = 'openai' | 'responses' | 'anthropic' | 'gemini'

const asking = {
  openai: {
    path: '/v1/chat/completions',
    plainPath: '/v1/chat/completions',
    headers: openaiHeaders,
    body: {
      model: 'm',
      messages: [{ role: 'user', content: 'Grüße aus 東京 🙂' }],
      stream: true,
      stream_options: { include_usage: true },
    },
    plain: { stream: undefined, stream_options: undefined },
    /** What a stream's pieces and its end look like. */
    piece: /"content":"[^"]|"text_delta"/g,
    done: /\ndata: \[DONE\]\n\n$/,
    finish: '"finish_reason":"stop"',
    requestId: 'x-request-id',
    /** Where a plain answer and the model's name are. */
    answer: 'choices',
    model: 'model',
    outOfCredit: [429, '"insufficient_quota"'],
  },
  responses: {
    path: '/v1/responses',
    plainPath: '/v1/responses',
    headers: openaiHeaders,
    body: { model: 'm', input: 'Grüße aus 東京 🙂', stream: true },
    plain: { stream: undefined },
    piece:
      /"type":"response\.output_text\.delta","item_id":"\w+","output_index":0,"content_index":0,"logprobs":\[\],"delta":"/g,
    done: /event: response\.completed\ndata: .*\n\n$/,
    // Its last event is both.
    finish: 'event: response.completed',
    requestId: 'x-request-id',
    answer: 'output',
    model: 'model',
    outOfCredit: [429, '"insufficient_quota"'],
  },
  anthropic: {
    path: '/v1/messages',
    plainPath: '/v1/messages',
    headers: anthropicHeaders,
    body: { model: 'm', max_tokens: 500, messages: [{ role: 'user', content: 'Grüße aus 東京 🙂' }], stream: true },
    plain: { stream: undefined },
    piece: /"text_delta"/g,
    done: /\ndata: \{"type":"message_stop"\}\n\n$/,
    finish: '"stop_reason":"end_turn"',
    requestId: 'request-id',
    answer: 'content',
    model: 'model',
    outOfCredit: [400, 'credit balance'],
  },
  gemini: {
    path: '/v1beta/models/m:streamGenerateContent',
    plainPath: '/v1beta/models/m:generateContent',
    headers: geminiHeaders,
    body: { contents: [{ role: 'user', parts: [{ text: 'Grüße aus 東京 🙂' }] }] },
    plain: {},
    piece: /"parts":\[\{"text":"[^"]/g,
    // This wire has no terminal event: the last chunk with the answer in it is the end.
    done: /\n\ndata: [^\n]*"finishReason":"STOP"[^\n]*\n\n$/,
    finish: '"finishReason":"STOP"',
    requestId: 'x-request-id',
    answer: 'candidates',
    model: 'modelVersion',
    outOfCredit: [429, 'RESOURCE_EXHAUSTED'],
  },
} as const

/** Orders one fault and looks at what comes. */
const look = async (
  wire: WireName,
  fault: Fault | 'none',
  { plain = false, enough }: { plain?: boolean; enough?: Look['enough'] } = {},
): Promise<Sight> => {
  await using upstream = await startUpstream()
  if (fault !== 'none') upstream.script([fault])
  const { path, plainPath, headers, body, plain: plainFields } = asking[wire]
  return await observe(upstream.url + (plain ? plainPath : path), {
    headers,
    body: plain ? { ...body, ...plainFields } : body,
    ...(enough === undefined ? {} : { enough }),
  })
}

const piecesIn = (wire: WireName, { text }: Sight): number => text.match(asking[wire].piece)?.length ?? 0

const wires: readonly WireName[] = ['openai', 'responses', 'anthropic', 'gemini']

describe.each(wires)('on the %s wire', (wire) => {
  const { done, finish, requestId, answer, model, outOfCredit } = asking[wire]

  /** Gemini's streams begin with the first piece: only the head comes before it. */
  const hasOpened: NonNullable<Look['enough']> = ({ status, text }) =>
    wire === 'gemini' ? status === 200 : text.includes('\n\n')

  test('without a fault a stream is complete', async () => {
    const sight = await look(wire, 'none')
    expect(sight).toMatchObject({ status: 200, ended: 'complete' })
    expect(sight.text).toMatch(done)
    expect(sight.text).toContain(finish)
  })

  test('refuse closes the connection before an answer', async () => {
    expect(await look(wire, { kind: 'refuse' })).toMatchObject({ status: null, ended: 'cut' })
  })

  test('reset resets it, before an answer or in the middle of one', async () => {
    expect(await look(wire, { kind: 'reset' })).toMatchObject({ status: null, ended: 'reset' })
    const middle = await look(wire, { kind: 'reset', after: 3 })
    expect(middle).toMatchObject({ status: 200, ended: 'reset' })
    expect(middle.text).not.toContain(finish)
  })

  test('black-hole takes the request and says nothing until the caller leaves', async () => {
    await using upstream = await startUpstream()
    upstream.script([{ kind: 'black-hole' }])
    const { path, headers, body } = asking[wire]
    const leave = new AbortController()
    const reply = fetch(upstream.url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: leave.signal,
    })
    const request = await upstream.waitForRequest()
    expect(request.closed).toBe(false)
    leave.abort()
    await expect(reply).rejects.toThrow(/abort/)
    expect(await upstream.waitForClose()).toMatchObject({ closedEarly: true })
  })

  test.each([400, 401, 402, 403, 404, 429, 500, 503, 529])(
    'status %i answers with an error of its own shape',
    async (status) => {
      const sight = await look(wire, { kind: 'status', status })
      expect(sight.status).toBe(status)
      expect(sight.headers['retry-after']).toBeUndefined()
      expect(sight.headers[requestId]).toMatch(/^req_/)
      const error = { message: 'Simulated fault.' }
      expect(JSON.parse(sight.text)).toMatchObject(wire === 'anthropic' ? { type: 'error', error } : { error })
    },
  )

  test('status carries Retry-After when told to', async () => {
    const sight = await look(wire, { kind: 'status', status: 429, retryAfterS: 12 })
    expect(sight.headers['retry-after']).toBe('12')
  })

  test('out-of-credit is said as the vendor says it', async () => {
    const { status, text } = await look(wire, { kind: 'out-of-credit' })
    expect([status, text]).toEqual([outOfCredit[0], expect.stringContaining(outOfCredit[1])])
  })

  test('html is a web page with status 200', async () => {
    const sight = await look(wire, { kind: 'html' })
    expect(sight).toMatchObject({ status: 200, ended: 'complete' })
    expect(sight.headers['content-type']).toMatch(/^text\/html/)
    expect(sight.text).toMatch(/^<!doctype html>/)
  })

  test('slow-first-token opens the stream and holds the first token back', async () => {
    const slow = { kind: 'slow-first-token', ms: 60_000 } as const
    const sight = await look(wire, slow, { enough: hasOpened })
    expect(sight).toMatchObject({ status: 200, ended: 'open' })
    expect(piecesIn(wire, sight)).toBe(0)
    const soon = await look(wire, { ...slow, ms: 1 })
    expect(soon.text).toMatch(done)
  })

  test('slow-drain pauses before every piece, and loses none', async () => {
    const honest = await look(wire, 'none')
    const dribbled = await look(wire, { kind: 'slow-drain', ms: 1 })
    expect(dribbled).toMatchObject({ status: 200, ended: 'complete' })
    expect(piecesIn(wire, dribbled)).toBe(piecesIn(wire, honest))
    expect(dribbled.text).toMatch(done)
    const first = await look(wire, { kind: 'slow-drain', ms: 60_000 }, { enough: hasOpened })
    expect([first.ended, piecesIn(wire, first)]).toEqual(['open', 0])
  })

  test('slow-drain sends a plain reply a few bytes at a time', async () => {
    const sight = await look(wire, { kind: 'slow-drain', ms: 5 }, { plain: true })
    expect(JSON.parse(sight.text)).toHaveProperty(model, 'm')
    expect(sight.chunks.length).toBeGreaterThan(2)
  })

  test.each([0, 1, 4])('stall stops after %i pieces and keeps the connection', async (after) => {
    await using upstream = await startUpstream()
    upstream.script([{ kind: 'stall', after }])
    const { path, headers, body } = asking[wire]
    const sight = await observe(upstream.url + path, {
      headers,
      body,
      enough: ({ status, text }) =>
        hasOpened({ status, text }) && (text.match(asking[wire].piece)?.length ?? 0) >= after,
    })
    expect(piecesIn(wire, sight)).toBe(after)
    expect(sight.ended).toBe('open')
    expect((await upstream.waitForClose()).closedEarly).toBe(true)
  })

  test.each([0, 3, 1000])('cut closes the connection after %i pieces, in any case before the finish', async (after) => {
    const whole = piecesIn(wire, await look(wire, 'none'))
    const sight = await look(wire, { kind: 'cut', after })
    expect(sight).toMatchObject({ status: 200, ended: 'cut' })
    expect(piecesIn(wire, sight)).toBe(Math.min(after, whole))
    expect(sight.text).not.toContain(finish)
  })

  test('early-end ends in good order without finish, usage or terminal event', async () => {
    const sight = await look(wire, { kind: 'early-end', after: 3 })
    expect(sight).toMatchObject({ status: 200, ended: 'complete' })
    expect(piecesIn(wire, sight)).toBe(3)
    expect(sight.text.endsWith('\n\n')).toBe(true)
    expect(sight.text).not.toContain(finish)
    expect(sight.text).not.toMatch(done)
  })

  test('malformed-chunk puts one broken event among good ones', async () => {
    const sight = await look(wire, { kind: 'malformed-chunk', after: 2 })
    const broken = [...sight.text.matchAll(/^data: (.*)$/gm)].filter(
      ([, data = '']) => data !== '[DONE]' && !isJson(data),
    )
    expect(broken).toHaveLength(1)
    expect(sight.text).toMatch(done)
  })

  test('wrong-type gives another type than the wire has, once in a stream', async () => {
    const honest = await look(wire, 'none')
    const sight = await look(wire, { kind: 'wrong-type', after: 2 })
    expect(piecesIn(wire, sight)).toBe(piecesIn(wire, honest) - 1)
    const wrong = /"(choices|delta|candidates)":(\[)?"Simulated fault\."/g
    expect(sight.text.match(wrong)).toHaveLength(1)
    expect(sight.text).toMatch(done)
    const plain = await look(wire, { kind: 'wrong-type' }, { plain: true })
    expect(JSON.parse(plain.text)).toHaveProperty(answer, 'Simulated fault.')
  })

  test('half-json ends in good order in the middle of an event', async () => {
    const sight = await look(wire, { kind: 'half-json', after: 2 })
    expect(sight.ended).toBe('complete')
    const last = sight.text.split('data: ').at(-1) ?? ''
    expect(last).toMatch(/^\{.*[^\n]$/)
    expect(isJson(last)).toBe(false)
  })

  test('error-in-stream reports an error after some text, and ends', async () => {
    const sight = await look(wire, { kind: 'error-in-stream', after: 2 })
    expect(sight).toMatchObject({ status: 200, ended: 'complete' })
    expect(piecesIn(wire, sight)).toBe(2)
    expect(eventsOf(sight.text).at(-1)).toMatchObject({ error: { message: 'Simulated fault.' } })
  })

  test('no-done leaves out only the terminal event', async () => {
    const honest = await look(wire, 'none')
    const { text } = await look(wire, { kind: 'no-done' })
    if (wire !== 'responses') expect(text).toContain(finish)
    // Gemini's wire has no terminal event.
    if (wire !== 'gemini') expect(text).not.toMatch(done)
    expect(eventsOf(text)).toHaveLength(eventsOf(honest.text).length - (wire === 'gemini' ? 0 : 1))
  })

  test('usage-missing leaves out all usage and nothing else', async () => {
    const { text } = await look(wire, { kind: 'usage-missing' })
    expect(text).not.toMatch(/"(input|output|prompt|completion|total)_tokens"|TokenCount"/)
    expect(text).toContain(finish)
    expect(text).toMatch(done)
  })

  test.each(['crlf', 'comments', 'split-bytes'] as const)(
    '%s changes the framing and not the content',
    async (kind) => {
      const honest = await look(wire, 'none')
      const sight = await look(wire, { kind })
      expect(sight.ended).toBe('complete')
      const content = ({ text }: Sight): unknown[] => eventsOf(text.replaceAll('\r\n', '\n'))
      expect(JSON.stringify(content(sight)).replaceAll(/"created(_at)?":\d+/g, '')).toBe(
        JSON.stringify(content(honest)).replaceAll(/"created(_at)?":\d+/g, ''),
      )
      if (kind === 'crlf') expect(sight.text.replaceAll('\r\n', '')).not.toContain('\n')
      if (kind === 'comments') expect(sight.text).toMatch(/^: simulated comment\n\n/)
      if (kind === 'split-bytes')
        expect(sight.chunks.some((chunk) => chunk.toString('utf8').includes('\uFFFD'))).toBe(true)
    },
  )

  test.each<[Fault, Partial<Sight>]>([
    [{ kind: 'stall' }, { ended: 'open' }],
    [{ kind: 'cut' }, { ended: 'cut' }],
    [{ kind: 'early-end' }, { ended: 'complete' }],
    [{ kind: 'half-json' }, { ended: 'complete' }],
  ])('a plain reply with $kind gives half of its body', async (fault, end) => {
    const whole = await look(wire, 'none', { plain: true })
    const sight = await look(wire, fault, { plain: true, enough: ({ text }) => fault.kind === 'stall' && text !== '' })
    expect(sight).toMatchObject({ status: 200, ...end })
    expect(isJson(whole.text)).toBe(true)
    expect(isJson(sight.text)).toBe(false)
    expect(sight.text.length / whole.text.length).toBeCloseTo(0.5, 1)
  })

  test('a plain reply with error-in-stream is an error with status 200; with usage-missing it has no usage', async () => {
    const error = await look(wire, { kind: 'error-in-stream' }, { plain: true })
    expect(error.status).toBe(200)
    expect(JSON.parse(error.text)).toHaveProperty('error.message', 'Simulated fault.')
    const bare: JsonObject = JSON.parse((await look(wire, { kind: 'usage-missing' }, { plain: true })).text)
    expect(Object.keys(bare).filter((name) => name.startsWith('usage'))).toEqual([])
    expect(bare).toHaveProperty(model, 'm')
  })
})

test.each(['openai', 'anthropic'] as const)('usage-twice says the same usage twice on the %s wire', async (wire) => {
  const usages = eventsOf((await look(wire, { kind: 'usage-twice' })).text).filter(
    (event) => typeof event === 'object' && event !== null && 'usage' in event && event.usage !== null,
  )
  expect(usages).toHaveLength(2)
  expect(usages[1]).toEqual(usages[0])
})

test('usage-on-content puts the usage on the chunk with the finish reason', async () => {
  const events = eventsOf((await look('openai', { kind: 'usage-on-content' })).text)
  const withUsage = events.filter(
    (event) => typeof event === 'object' && event !== null && 'usage' in event && event.usage !== null,
  )
  expect(withUsage).toEqual([
    expect.objectContaining({
      choices: [expect.objectContaining({ finish_reason: 'stop' })],
      usage: expect.objectContaining({ prompt_tokens: expect.any(Number) }),
    }),
  ])
})

describe('a fault', () => {
  const { path, body } = asking.openai
  const order = async (header: string): Promise<Sight> => {
    await using upstream = await startUpstream()
    return await observe(upstream.url + path, { body, headers: { ...openaiHeaders, 'x-sandbox-fault': header } })
  }

  test('can be ordered with a header', async () => {
    const limited = await order('429; retry-after=2')
    expect(limited).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
    expect(await order('status; status=503')).toMatchObject({ status: 503 })
    expect(await order('reset')).toMatchObject({ ended: 'reset' })
    expect(piecesIn('openai', await order('cut; after=5'))).toBe(5)
  })

  test.each(['', 'explode', 'cut; after=-1', 'cut; after=many', 'cut; before=2', '200'])(
    'that is none ("%s") is refused with the list of those there are',
    async (header) => {
      const sight = await order(header)
      expect(sight.status).toBe(400)
      for (const kind of faultKinds) expect(sight.text).toContain(kind)
    },
  )

  test('is listed with its fields and what it does, and the list reads back', () => {
    const lines = faultList()
      .split('\n')
      .filter((line) => line.startsWith('  '))
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(faultKinds)
    for (const line of lines) {
      const [, kind = '', written = '', meaning] = /^ +(\S+) +((?:\S+=\S+ +)*)(.+)$/.exec(line) ?? []
      const fields = written.trim().replaceAll('=N', '=404').split(' ')
      expect(parseFault([kind, ...fields].join('; ').replace(/; $/, '')), line).toMatchObject({ kind })
      expect(meaning).toMatch(/^[A-Z].+\.$/)
    }
  })

  test.each([
    ['stal', 'Did you mean "stall"?'],
    ['cut; before=2', 'cut takes after=2'],
    ['html; after=2', 'html takes nothing more'],
    ['429; retry-after=soon', 'any status from 400 to 599'],
  ])('that is nearly one ("%s") is told what is wrong: %s', async (header, hint) => {
    expect(JSON.parse((await order(header)).text)).toHaveProperty('error.message', expect.stringContaining(hint))
  })

  test('takes turns with others of its order, each as often as told', async () => {
    await using upstream = await startUpstream()
    const ask = async (): Promise<number | null> => (await observe(upstream.url + path, { body })).status
    const turns: Fault[] = [
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429 },
    ]
    upstream.setFault({}, turns, 2)
    expect([await ask(), await ask(), await ask(), await ask(), await ask()]).toEqual([500, 429, 500, 429, 200])
    upstream.setFault({}, turns)
    expect([await ask(), await ask(), await ask(), await ask(), await ask()]).toEqual([500, 429, 500, 429, 500])
  })

  test('can be set for a row or a model, for so many requests, and lifted', async () => {
    await using upstream = await startUpstream()
    const ask = async (row: string, model = 'm'): Promise<number | null> =>
      (await observe(`${upstream.url}/${row}${path}`, { body: { ...body, model } })).status
    upstream.setFault({ row: 'openai' }, { kind: 'status', status: 503 }, 2)
    const lift = upstream.setFault({ model: 'broken' }, { kind: 'status', status: 500 })
    expect([await ask('openai'), await ask('groq'), await ask('openai'), await ask('openai')]).toEqual([
      503, 200, 503, 200,
    ])
    expect([await ask('groq', 'broken'), await ask('openai', 'broken')]).toEqual([500, 500])
    lift()
    expect(await ask('groq', 'broken')).toBe(200)
    expect(() => upstream.setFault({}, { kind: 'cut', after: -1 })).toThrow()
  })
})

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
