import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ConfiguredRow } from '../../../src/config/rows.ts'
import { projectRoot, startApp } from '../../support/app.ts'
import type { TestApp } from '../../support/app.ts'
import { describedFields, openaiSchemaAvailable } from '../../support/openai-schema.ts'
import { completionParameters } from './completion-parameters.ts'
import { parameters, parameterTable, turns } from './parameters.ts'
import type { Parameter } from './parameters.ts'
import { responseParameters } from './response-parameters.ts'

let it: TestApp
beforeAll(async () => {
  // Groq has a model of the common wire that thinks; the upstream stands behind it as well.
  it = await startApp({
    env: { GROQ_API_KEY: 'key-e' },
    change: (config) => {
      const house = config.providers.find(({ id }) => id === 'openai-compatible')
      const moved = (row: ConfiguredRow) => (row.id === 'groq' ? { ...row, baseUrl: house?.baseUrl ?? '' } : row)
      return { ...config, providers: config.providers.map(moved) }
    },
  })
})
afterAll(() => it[Symbol.asyncDispose]())

const jsonObject = z.record(z.string(), z.unknown())
const warned = z.object({ gateway: z.object({ warnings: z.array(z.object({ param: z.string() })) }) })

/** What came of a request: the refusal's field, or the provider's view of it and the fields that warnings name. */
const send = async (body: object, route = '/v1/chat/completions') => {
  const seenBefore = it.upstream.requests.length
  const reply = await fetch(it.url + route, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  })
  const text = await reply.text()
  const sent = it.upstream.requests.slice(seenBefore).map(({ body: seen }) => jsonObject.parse(seen))
  const isStream = /^(?:data|event): /.test(text)
  const last = isStream ? text.split('\n\n').find((event) => event.includes('"gateway"')) : text
  const data: unknown = JSON.parse((last ?? '').replace(/^(?:event: .*\n)?data: /, ''))
  const value = z.object({ response: jsonObject }).safeParse(data).data?.response ?? data
  return {
    status: reply.status,
    refused: z.object({ error: z.object({ param: z.string().nullable() }) }).safeParse(value).data?.error.param ?? null,
    sent: sent.at(-1) ?? {},
    warnings: warned.safeParse(value).data?.gateway.warnings.map(({ param }) => param) ?? [],
  }
}

/** `{stream_options: {include_usage: true}}` for a name with a dot in it. */
const fieldOf = (name: string, value: unknown): Record<string, unknown> => {
  const [outer = '', inner] = name.split('.')
  return { [outer]: inner === undefined ? value : { [inner]: value } }
}

const rows = [
  ['openai', 'gpt-4o'],
  ['anthropic', 'claude-sonnet-4-6'],
  ['compatible', 'openai-compatible:house-1'],
] as const

const wires: [path: string, said: object, all: Record<string, Parameter>, description: string][] = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }, parameters, 'CreateChatCompletionRequest'],
  ['/v1/responses', { input: 'Hi' }, responseParameters, 'CreateResponse'],
  ['/v1/completions', { prompt: 'Hi' }, completionParameters, 'CreateCompletionRequest'],
]

describe.each(wires.flatMap(([path, said, all]) => rows.map(([row, usual]) => ({ path, said, all, row, usual }))))(
  'by $path at $row',
  ({ path: route, said, all, row, usual }) => {
    test.each(Object.entries(all))('%s meets its fate', async (name, parameter) => {
      const { value } = parameter
      const fate = parameter[row]
      const model = row === 'anthropic' ? usual : (parameter.models?.[row] ?? usual)
      const { status, refused, sent, warnings } = await send(
        { ...said, ...parameter.with, ...fieldOf(name, value), model },
        route,
      )
      const mentioned = name.split('.', 1)[0] ?? ''
      if (fate === 'refused') {
        expect({ status, refused, sent }).toEqual({ status: 400, refused: name, sent: {} })
        return
      }
      expect({ status, refused }).toEqual({ status: 200, refused: null })
      // Some models are old, which is another matter.
      if (name !== 'model')
        expect(new Set(warnings.filter((param) => param === name)).size).toBe(fate === 'told' ? 1 : 0)
      if (fate.startsWith('as ')) expect(sent).toHaveProperty(fate.slice('as '.length))
      else if (fate === 'sent') expect(sent).toHaveProperty(mentioned)
      // OpenAI pads what it sends to the gateway all the same.
      else if (name !== 'stream_options.include_obfuscation') expect(sent).not.toHaveProperty(name.split('.'))
      if (fate === 'sent' && typeof value !== 'object' && name !== 'model' && name !== 'tool_choice')
        expect(sent).toMatchObject(fieldOf(name, value))
    })
  },
)

describe.each([
  ['openai', 'gpt-4o'],
  ['anthropic', 'claude-sonnet-4-6'],
] as const)('at %s', (row, model) => {
  test.each(Object.entries(turns))('%s meets its fate', async (_name, turn) => {
    const { status, refused, sent, warnings } = await send({ model, messages: turn.messages })
    const fate = turn[row]
    if (typeof fate === 'object' && 'refused' in fate) {
      expect({ status, refused, sent }).toEqual({ status: 400, refused: fate.refused, sent: {} })
      return
    }
    expect({ status, refused }).toEqual({ status: 200, refused: null })
    if (typeof fate === 'string') expect(JSON.stringify(sent)).toContain(fate)
    expect(warnings.filter((param) => param !== 'model')).toEqual(typeof fate === 'string' ? [] : [fate.told])
  })
})

test('padding that nobody asked for is nothing to be told of, and OpenAI is told to leave it out', async () => {
  const options = { stream: true, stream_options: { include_obfuscation: false } }
  const ask = { messages: [{ role: 'user', content: 'Hi' }], ...options }
  const openai = await send({ ...ask, model: 'gpt-4o' })
  expect(openai.sent).toMatchObject({ stream_options: { include_obfuscation: false, include_usage: true } })
  const house = await send({ ...ask, model: 'openai-compatible:house-1' })
  expect(house.sent).toMatchObject({ stream_options: { include_usage: true } })
  expect(house.sent).not.toHaveProperty('stream_options.include_obfuscation')
  const claude = await send({ ...ask, model: 'claude-sonnet-4-6' })
  expect(claude.sent).not.toHaveProperty('stream_options')
  expect([...house.warnings, ...claude.warnings]).toEqual([])
})

test('a conversation of empty texts is refused by name before Anthropic is asked', async () => {
  const messages = [
    { role: 'system', content: '' },
    { role: 'user', content: ' ' },
  ]
  const { status, refused, sent } = await send({ model: 'claude-sonnet-4-6', messages })
  expect({ status, refused, sent }).toEqual({ status: 400, refused: 'messages', sent: {} })
})

test.each(wires)('docs/http-api.md has the table of %s', (_path, _said, all) => {
  const page = readFileSync(path.join(projectRoot, 'docs/http-api.md'), 'utf8')
  expect(page).toContain(parameterTable(all))
})

const where = openaiSchemaAvailable ? '' : ' (skipped: ../shared/data/openai-openapi.json is absent)'

describe.skipIf(!openaiSchemaAvailable)(`as OpenAI describes it${where}`, () => {
  test.each(wires)('%s has no parameter that its table lacks', (_path, _said, all, description) => {
    const named = new Set(Object.keys(all).flatMap((name) => [name, name.split('.', 1)[0] ?? '']))
    expect(describedFields(description).filter((name) => !named.has(name))).toEqual([])
    if (described(all, 'stream_options.include_usage'))
      expect(
        describedFields('ChatCompletionStreamOptions').filter((name) => !named.has(`stream_options.${name}`)),
      ).toEqual([])
  })
})

const described = (all: object, name: string): boolean => Object.hasOwn(all, name)
