import { describe, expect, test } from 'vitest'
import { startUpstream } from '../support/upstream.ts'
import { observe, openaiHeaders } from './observe.ts'

const path = '/openai/v1/chat/completions'
const hello = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hello' }] }
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
const tool = { type: 'function', function: { name: 'f' } }

describe('a chat request', () => {
  test.each<[string, unknown, { param?: string; code?: string }]>([
    ['no model', { ...hello, model: undefined }, { param: 'model', code: 'missing_required_parameter' }],
    ['no messages', { ...hello, messages: undefined }, { param: 'messages', code: 'missing_required_parameter' }],
    ['messages that are none', { ...hello, messages: 'Hi' }, { param: 'messages', code: 'invalid_type' }],
    ['an unknown role', { ...hello, messages: [{ role: 'robot', content: 'x' }] }, { param: 'messages[0].role' }],
    [
      'content null from a user',
      { ...hello, messages: [{ role: 'user', content: null }] },
      { param: 'messages[0].content' },
    ],
    ['both token limits', { ...hello, max_tokens: 5, max_completion_tokens: 5 }, { param: 'max_tokens' }],
    ['five stop sequences', { ...hello, stop: ['a', 'b', 'c', 'd', 'e'] }, { param: 'stop' }],
    [
      'stream_options without stream',
      { ...hello, stream_options: { include_usage: true } },
      { param: 'stream_options' },
    ],
    ['tool_choice without tools', { ...hello, tool_choice: 'required' }, { param: 'tool_choice' }],
    [
      'a forced tool that is not offered',
      { ...hello, tools: [tool], tool_choice: { type: 'function', function: { name: 'g' } } },
      { param: 'tool_choice' },
    ],
    [
      'a tool call without its result',
      { ...hello, messages: [...hello.messages, { role: 'assistant', tool_calls: [call] }, ...hello.messages] },
      { param: 'messages' },
    ],
    [
      'a tool result without its call',
      { ...hello, messages: [...hello.messages, { role: 'tool', tool_call_id: 'call_1', content: 'x' }] },
      { param: 'messages[1].tool_call_id' },
    ],
    ['json_object without the word', { ...hello, response_format: { type: 'json_object' } }, { param: 'messages' }],
    ['no object at all', [1, 2], { code: 'invalid_type' }],
    ['broken JSON', '{"model": ', {}],
  ])('with %s is refused with 400 and told why', async (_name, body, about) => {
    await using upstream = await startUpstream()
    const { status, text } = await observe(upstream.url + path, { body })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringMatching(/\.$/), ...about },
    })
  })

  test('with null in optional fields, or with unknown fields, is answered', async () => {
    await using upstream = await startUpstream()
    const body = { ...hello, stop: null, tools: null, temperature: null, n: null, transforms: ['middle-out'] }
    expect((await observe(upstream.url + path, { body })).status).toBe(200)
  })

  test.each([
    ['another content type', { ...openaiHeaders, 'content-type': 'text/plain' }, 400],
    ['no key', { 'content-type': 'application/json' }, 401],
    ['an empty key', { ...openaiHeaders, authorization: 'Bearer ' }, 401],
  ])('with %s is refused', async (_name, headers, status) => {
    await using upstream = await startUpstream()
    expect((await observe(upstream.url + path, { body: hello, headers })).status).toBe(status)
  })

  test('larger than the sandbox takes is refused with 413', async () => {
    await using upstream = await startUpstream()
    const body = { ...hello, messages: [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }] }
    expect((await observe(upstream.url + path, { body })).status).toBe(413)
  })
})

describe('a path', () => {
  test.each([
    ['/v1/chat/completions', ''],
    ['/openai/v1/chat/completions', 'openai'],
    ['/groq/openai/v1/chat/completions', 'groq'],
    ['/v1/chat/completions?api-version=1', ''],
  ])('%s is answered, and stands for row "%s"', async (route, row) => {
    await using upstream = await startUpstream()
    expect((await observe(upstream.url + route, { body: hello })).status).toBe(200)
    expect(upstream.requests[0]?.row).toBe(row)
  })

  test('that leads nowhere is 404, and one with another method 405', async () => {
    await using upstream = await startUpstream()
    expect((await observe(`${upstream.url}/v1/files`, { body: {} })).status).toBe(404)
    expect(await observe(upstream.url + path, { method: 'GET' })).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
    })
  })

  test('names the row whose models exist there', async () => {
    await using upstream = await startUpstream({ models: [{ id: 'gpt-6-luna', row: 'openai' }] })
    expect((await observe(upstream.url + path, { body: hello })).status).toBe(200)
    const elsewhere = await observe(`${upstream.url}/groq/v1/chat/completions`, { body: hello })
    expect(elsewhere.status).toBe(404)
    expect(elsewhere.text).toContain('model_not_found')
  })
})

test('the journal keeps no secret, and shows whether two keys are the same', async () => {
  await using upstream = await startUpstream()
  for (const key of ['sk-first', 'sk-second', 'sk-first']) {
    await observe(upstream.url + path, { body: hello, headers: { ...openaiHeaders, authorization: `Bearer ${key}` } })
  }
  const [first, second, third] = upstream.requests.map(({ headers }) => headers['authorization'])
  expect(JSON.stringify(upstream.requests)).not.toContain('sk-')
  expect(first).toMatch(/^Bearer \[secret [0-9a-f]{8}\]$/)
  expect(second).not.toBe(first)
  expect(third).toBe(first)
})
