import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'

let it: TestApp

beforeEach(async () => {
  it = await startApp()
})
afterEach(() => it[Symbol.asyncDispose]())

const file = (type: string) => ({
  type: 'file',
  file: { filename: 'terms', file_data: `data:${type};base64,JVBERi0xLjQK` },
})
const complete = (model: string, part: unknown) =>
  hear(
    it.app.gateway.complete(
      ask('', { model, messages: [{ role: 'user', content: [{ type: 'text', text: 'What does it say?' }, part] }] }),
      context(),
    ),
  )

test('a PDF reaches Anthropic as its document', async () => {
  expect((await complete('claude-haiku-5-5', file('application/pdf'))).error).toBeNull()
  expect(it.upstream.requests[0]?.body).toMatchObject({
    messages: [
      {
        content: [
          { type: 'text' },
          { type: 'document', source: { media_type: 'application/pdf', data: 'JVBERi0xLjQK' }, title: 'terms' },
        ],
      },
    ],
  })
})

test.each([
  ['another file', file('application/msword')],
  ['sound', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
  ['a file that lies at OpenAI', { type: 'file', file: { file_id: 'file-1' } }],
])('%s is refused there before anything is sent', async (_what, part) => {
  const { error } = await complete('claude-haiku-5-5', part)
  expect(error).toMatchObject({ code: 'no_eligible_model', detail: { param: 'messages' } })
  expect(it.upstream.requests).toHaveLength(0)
})
