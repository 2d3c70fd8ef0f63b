import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonObject } from '../../src/contract/json.ts'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { sse } from '../support/upstream.ts'
import { connect } from '../mcp/support/clients.ts'

const question = 'Why is the sky blue?'

interface Reply {
  text: string
  cache: string | null
  /** What the stream ended with; null for a plain reply. */
  last: string | null
}

const post = async (url: string, body: object): Promise<{ reply: Response; text: string }> => {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  })
  return { reply, text: await reply.text() }
}

/** The data of each event of a stream. */
const dataOf = (stream: string): string[] =>
  stream.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))

/** What the tests read of an event, on whichever wire. */
const event = z.looseObject({
  type: z.string().optional(),
  delta: z.unknown().optional(),
  choices: z.array(z.looseObject({ delta: z.looseObject({ content: z.string().nullish() }) })).optional(),
})
const textDelta = z.looseObject({ text: z.string() })

const parsed = (stream: string): z.output<typeof event>[] =>
  dataOf(stream).flatMap((data) => (data === '[DONE]' ? [] : [event.parse(JSON.parse(data))]))

/** Every face, plain and as a stream, asking the same. */
const faces: Record<string, (it: TestApp) => Promise<Reply>> = {
  'chat, plain': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/chat/completions`, {
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: question }],
      max_tokens: 4096,
    })
    return {
      text: JSON.parse(text).choices[0].message.content,
      cache: reply.headers.get('x-gateway-cache'),
      last: null,
    }
  },
  'chat, streamed': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/chat/completions`, {
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: question }],
      max_tokens: 4096,
      stream: true,
    })
    const said = parsed(text).map((chunk) => chunk.choices?.[0]?.delta.content ?? '')
    return { text: said.join(''), cache: reply.headers.get('x-gateway-cache'), last: dataOf(text).at(-1) ?? null }
  },
  'responses, plain': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/responses`, {
      model: 'gpt-6-luna',
      input: question,
      max_output_tokens: 4096,
    })
    const [message] = JSON.parse(text).output.filter(({ type }: { type: string }) => type === 'message')
    return { text: message.content[0].text, cache: reply.headers.get('x-gateway-cache'), last: null }
  },
  'responses, streamed': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/responses`, {
      model: 'gpt-6-luna',
      input: question,
      max_output_tokens: 4096,
      stream: true,
    })
    const events = parsed(text)
    const said = events.flatMap(({ type, delta }) => (type === 'response.output_text.delta' ? [String(delta)] : []))
    return { text: said.join(''), cache: reply.headers.get('x-gateway-cache'), last: events.at(-1)?.type ?? null }
  },
  'messages, plain': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/messages`, {
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: question }],
      max_tokens: 4096,
    })
    const [block] = JSON.parse(text).content
    return { text: block.text, cache: reply.headers.get('x-gateway-cache'), last: null }
  },
  'messages, streamed': async ({ url }) => {
    const { reply, text } = await post(`${url}/v1/messages`, {
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: question }],
      max_tokens: 4096,
      stream: true,
    })
    const events = parsed(text)
    const said = events.flatMap(({ type, delta }) =>
      type === 'content_block_delta' ? [textDelta.parse(delta).text] : [],
    )
    return { text: said.join(''), cache: reply.headers.get('x-gateway-cache'), last: events.at(-1)?.type ?? null }
  },
  MCP: async ({ url }) => {
    await using client = await connect('SDK v2 client, auto', `${url}/mcp`)
    const { data } = await client.call('unified_completion', {
      model: 'gpt-6-luna',
      messages: [{ role: 'user', content: question }],
      max_tokens: 4096,
    })
    const { text, cache } = data as { text: string; cache: string }
    return { text, cache, last: null }
  },
}

const lastOf: Record<string, string> = {
  'chat, streamed': '[DONE]',
  'responses, streamed': 'response.completed',
  'messages, streamed': 'message_stop',
}

test.each(Object.keys(faces))(
  'what %s was answered, every face has from memory, plain and streamed, with its end',
  async (first) => {
    await using it = await startApp()
    const made = await faces[first]?.(it)
    expect(made?.text.length).toBeGreaterThan(10)
    const asked = it.upstream.requests.length
    for (const [name, face] of Object.entries(faces)) {
      const again = await face(it)
      expect([name, again.text]).toEqual([name, made?.text])
      expect([name, again.cache]).toEqual([name, 'exact'])
      expect([name, again.last]).toEqual([name, lastOf[name] ?? null])
    }
    expect(it.upstream.requests).toHaveLength(asked)
    const [paid, ...free] = it.receipts
    for (const receipt of free) expect(receipt).toMatchObject({ cache: 'exact', usage: paid?.usage, costNanoUsd: 0n })
  },
)

const chunk = (delta: JsonObject, finish: string | null = null): string =>
  sse({
    id: 'x',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })

const piece = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }).map((content) => chunk({ content })),
  fc.string({ minLength: 1, maxLength: 12 }).map((content) => chunk({ reasoning_content: content })),
  fc.constant(': a comment\n\n'),
)

test('a stream that is cut at whatever event leaves nothing; one that ends is replayed as it was', async () => {
  await using it = await startApp({
    // One key, tried once, whatever it did: nobody else answers in its place.
    env: (url) => ({ OPENAI_API_KEY: 'key-a', OPENAI_BASE_URL: `${url}/openai/v1` }),
    change: (config) => {
      const { breaker, ...resilience } = config.resilience
      return { ...config, resilience: { ...resilience, maxTries: 1, breaker: { ...breaker, minCalls: 1e9 } } }
    },
  })
  let asked = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      fc.nat(),
      fc.constantFrom('cut', 'reset', 'end'),
      async (pieces, at, ending) => {
        const whole = [chunk({ content: 'word' }), ...pieces, chunk({}, 'stop'), sse('[DONE]')]
        // Up to before its last words: what has its finish and its end is whole.
        const kept = whole.slice(0, at % (whole.length - 1))
        const request = () => ask(`question ${asked}`, { max_tokens: 4096 })
        asked += 1
        it.upstream.script([{ body: kept, ending }])
        expect((await hear(it.app.gateway.complete(request(), context()))).error).not.toBeNull()
        const before = it.upstream.requests.length
        it.upstream.script([{ body: whole }])
        const made = await hear(it.app.gateway.complete(request(), context()))
        expect(it.upstream.requests.length).toBe(before + 1)
        expect(made.error).toBeNull()
        const replayed = await hear(it.app.gateway.complete(request(), context()))
        expect(it.upstream.requests.length).toBe(before + 1)
        const answer = ({ events }: typeof made) => events.filter(({ type }) => type !== 'start' && type !== 'end')
        expect(answer(replayed)).toEqual(answer(made))
        expect(replayed.events.at(-1)).toMatchObject({ type: 'end', finishes: [{ reason: 'stop' }] })
      },
    ),
    { numRuns: 40 },
  )
})
