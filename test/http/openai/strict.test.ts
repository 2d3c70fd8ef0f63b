import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'

let it: TestApp
beforeAll(async () => {
  it = await startApp()
})
afterAll(() => it[Symbol.asyncDispose]())

const reply = z.object({
  gateway: z
    .object({ model: z.string(), warnings: z.array(z.object({ code: z.string(), param: z.string() })) })
    .optional(),
  error: z.object({ code: z.string(), param: z.string().nullable() }).nullish(),
})

const send = async (path: string, body: object, strict = true) => {
  const response = await fetch(it.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify({ ...body, ...(strict ? { requirements: { strict } } : {}) }),
  })
  const { gateway, error } = reply.parse(await response.json())
  const losses = gateway?.warnings.filter(({ code }) => code === 'dropped_parameter' || code === 'changed_parameter')
  return { status: response.status, model: gateway?.model, told: losses?.map(({ param }) => param), error }
}

const chat = { messages: [{ role: 'user', content: 'Say hello.' }], seed: 7 }
const atClaude = { ...chat, model: 'claude-haiku-4-5' }

describe('with requirements.strict nothing is left out', () => {
  test('what a model does not take is refused by its name, and told where nobody is strict', async () => {
    expect(await send('/v1/chat/completions', atClaude, false)).toMatchObject({ status: 200, told: ['seed'] })
    expect(await send('/v1/chat/completions', atClaude)).toMatchObject({
      status: 400,
      error: { code: 'parameter_unsupported', param: 'seed' },
    })
  })

  test('a fallback that takes everything answers instead', async () => {
    const answered = await send('/v1/chat/completions', { ...atClaude, fallbacks: ['gpt-4o'] })
    expect(answered).toMatchObject({ status: 200, model: 'gpt-4o', told: [] })
  })

  test('what is lost in the reading is refused as well', async () => {
    const asked = { model: 'gpt-4o', input: 'Say hello.', store: true }
    expect(await send('/v1/responses', asked, false)).toMatchObject({ status: 200, told: ['store'] })
    expect(await send('/v1/responses', asked)).toMatchObject({
      status: 400,
      error: { code: 'parameter_unsupported', param: 'store' },
    })
  })

  test('a bound that a model cannot reach is refused before it is asked', async () => {
    const asked = { ...chat, seed: undefined, model: 'gpt-4o', max_tokens: 100_000 }
    expect(await send('/v1/chat/completions', asked, false)).toMatchObject({ status: 200, told: ['max_tokens'] })
    expect(await send('/v1/chat/completions', asked)).toMatchObject({
      status: 400,
      error: { code: 'no_eligible_model', param: 'max_tokens' },
    })
  })

  test('a request of which nothing is lost is answered as ever', async () => {
    expect(await send('/v1/chat/completions', { ...chat, model: 'gpt-4o' })).toMatchObject({ status: 200, told: [] })
  })
})
