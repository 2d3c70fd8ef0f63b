import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { startApp } from './support/app.ts'
import { openaiSchemaAvailable } from './support/openai-schema.ts'
import { judgedReplies, takeFaults } from './support/watch-replies.ts'

const where = openaiSchemaAvailable ? '' : ' (skipped: ../shared/data/openai-openapi.json is absent)'

/** What a gateway that lies would answer, on the path that is asked for. */
interface Lie {
  status?: number
  type?: string
  headers?: Readonly<Record<string, string>>
  pieces: readonly string[]
  cut?: boolean
}

const ofGateway = { 'x-trace-id': '0'.repeat(31).concat('1'), 'x-request-id': 'req_1' }
const chat = '/v1/chat/completions'

/** Asks a server that answers with the lie, and hears it to its end. */
const hear = async (path: string, lie: Lie, method = 'GET'): Promise<void> => {
  const { status = 200, type = 'application/json', headers = ofGateway, pieces, cut = false } = lie
  const server = createServer((_req, res) => {
    for (const [name, value] of Object.entries({ 'content-type': type, ...headers })) res.setHeader(name, value)
    res.statusCode = status
    for (const piece of pieces) res.write(piece)
    if (cut) setImmediate(() => res.destroy())
    else res.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    await fetch(`http://127.0.0.1:${port}${path}`, { method }).then((reply) => reply.text())
  } catch (thrown) {
    if (!cut) throw thrown
  } finally {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

const chunk = (fields: object): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content: 'line\u2028line' }, finish_reason: null }],
    ...fields,
  })}\n\n`
const stream = 'text/event-stream; charset=utf-8'
const responses = '/v1/responses'
const named = (name: string, fields: object): string =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...fields })}\n\n`
const delta = { item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'a', logprobs: [] }

describe.skipIf(!openaiSchemaAvailable)(`the look at every reply of every test${where}`, () => {
  test.for<[string, string, Lie, readonly string[]]>([
    [
      'an answer without its choices and without "gateway"',
      chat,
      { pieces: ['{"id":"1","object":"chat.completion","created":1,', '"model":"m"}'] },
      ["/ must have required property 'choices'", '/gateway Invalid input: expected object, received undefined'],
    ],
    ['an answer that is no JSON', chat, { pieces: ['<html>'] }, ['/ is no JSON']],
    [
      'an error with a number as its code',
      '/nowhere',
      {
        status: 404,
        pieces: [
          '{"error":{"message":"m","type":"t","param":null,"code":7,"gateway":{"request_id":"r","advice":"a","retryable":false}}}',
        ],
      },
      ['/error/code must be string'],
    ],
    [
      'an error without the advice of ours',
      chat,
      { status: 400, pieces: ['{"error":{"message":"m","type":"t","param":null,"code":"c"}}'] },
      ['/error/gateway Invalid input: expected object, received undefined'],
    ],
    ['an error of nothing', chat, { status: 500, pieces: [] }, ['/ is empty']],
    [
      'a list of models with a nameless one',
      '/v1/models?x=1',
      { pieces: ['{"object":"list","data":[{"object":"model","created":1,"owned_by":"a"}]}'] },
      ["/data/0 must have required property 'id'"],
    ],
    [
      'a model that is none',
      '/v1/models/a/b',
      { pieces: ['{"id":"a/b","object":"thing","created":1,"owned_by":"a"}'] },
      ['/object must be equal to one of the allowed values'],
    ],
    [
      'a chunk with a finish reason of its own',
      chat,
      {
        type: stream,
        pieces: [
          ': ping\n\n',
          chunk({}),
          chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'bored' }] }),
          'data: [DO',
        ],
        cut: true,
      },
      ['event 1: /choices/0/finish_reason must be equal to one of the allowed values'],
    ],
    [
      'a stream that goes on after its end, which came without "gateway"',
      chat,
      { type: stream, pieces: ['data: [DONE]\n\n', chunk({}), 'event: x\n\n', 'data: [DONE]\n\n'] },
      ['event 0: / goes on after [DONE]', 'event 2: / is no "data: …"', '/ has "gateway" 0 times, not once'],
    ],
    [
      'a response without its output and without "gateway"',
      responses,
      { pieces: ['{"id":"resp_1","object":"response","created_at":1,"model":"m"}'] },
      ["/ must have required property 'output'", '/gateway Invalid input: expected object, received undefined'],
    ],
    [
      'events of a response that are misnumbered, misnamed, unknown, or go on after the last',
      responses,
      {
        type: stream,
        pieces: [
          named('response.output_text.delta', { ...delta, sequence_number: 1 }),
          named('response.output_text.delta', { ...delta, sequence_number: 1 }).replace('event: response.', 'event: '),
          named('response.output_text.guess', { sequence_number: 2 }),
          named('response.failed', { sequence_number: 3 }),
          named('error', { code: 'c', message: 'm', param: null, sequence_number: 4 }),
          'data: [DONE]\n\n',
        ],
      },
      [
        'event 0: /sequence_number is 1',
        'event 1: /type is not its name: output_text.delta',
        "event 2: /type is no event's: response.output_text.guess",
        "event 3: / must have required property 'response'",
        'event 3: / is not the last',
        'event 4: /error Invalid input: expected object, received undefined',
        'event 5: / is no JSON',
      ],
    ],
    [
      'a text completion whose choice ended for no known reason, and its chunk',
      '/v1/completions',
      {
        type: stream,
        pieces: [
          chunk({ object: 'text_completion', choices: [{ index: 0, text: 'a', logprobs: null, finish_reason: null }] }),
          chunk({
            object: 'text_completion',
            choices: [{ index: 0, text: 'a', logprobs: null, finish_reason: 'tired' }],
          }),
        ],
      },
      ['event 1: /choices/0/finish_reason must be equal to one of the allowed values'],
    ],
  ])('finds %s', async ([, path, lie, faults]) => {
    await hear(path, lie)
    const heard = takeFaults()
    for (const fault of faults) expect(heard.filter((line) => line.endsWith(`): ${fault}`))).toHaveLength(1)
    expect(heard.every((fault) => fault.startsWith(`GET ${path.split('?')[0]} (${lie.status ?? 200}, req_1): `))).toBe(
      true,
    )
  })

  test.fails('fails the test during which it finds something', () =>
    hear(chat, { status: 400, pieces: ['{"error":"no"}'] }))

  test('leaves alone what is not a gateway’s, not OpenAI’s, or not an error', async () => {
    await hear(chat, { headers: { 'x-request-id': 'req_1' }, pieces: ['{}'] })
    await hear('/mcp', { status: 400, pieces: ['{"jsonrpc":"2.0"}'] }, 'POST')
    await hear('/ready', { status: 503, pieces: ['{"ready":false}'] })
    await hear('/health', { pieces: ['{"status":"ok"}'] })
    await hear(chat, { status: 404, pieces: [] }, 'HEAD')
    expect(takeFaults()).toEqual([])
  })

  test('finds nothing in what a gateway answers', async () => {
    await using it = await startApp()
    const say = (fields: object): Promise<string> =>
      fetch(it.url + chat, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'a\u2028b' }], ...fields }),
      }).then((reply) => reply.text())
    const before = judgedReplies()
    const stream = await say({ stream: true })
    expect(stream).toContain('data: [DONE]')
    expect(await say({})).toContain('chat.completion')
    expect(await say({ temperature: 'hot' })).toContain('"param":"temperature"')
    for (const path of ['/v1/models', '/v1/models/gpt-4o', '/v1/models/auto', '/ready', '/nowhere'])
      await fetch(it.url + path).then((reply) => reply.text())
    expect(takeFaults()).toEqual([])
    expect(judgedReplies() - before).toBe(8)
  })
})
