import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/contract/errors.ts'
import { startApp } from '../../support/app.ts'
import { chatBody, endOf, fails, post, servedBy, startHttp, text } from '../start-http.ts'
import type { Script } from '../start-http.ts'

const described = { name: 'add', parameters: { type: 'object', properties: {} } }
const tools = [{ type: 'function', function: described }]
const old = { functions: [described], function_call: 'auto' }
const modern = { tools, tool_choice: 'auto' }

const spelled: [sent: object, ours: string, caller: string][] = [
  [old, 'tools', 'functions'],
  [old, 'tools[0].function.parameters', 'functions[0].parameters'],
  [old, 'tool_choice.function.name', 'function_call.name'],
  [modern, 'tools[0].function.parameters', 'tools[0].function.parameters'],
  [modern, 'tool_choice', 'tool_choice'],
  [{ ...old, tool_choice: 'auto' }, 'tool_choice', 'tool_choice'],
  [{ max_completion_tokens: 9 }, 'max_tokens', 'max_completion_tokens'],
  [{ max_tokens: 9 }, 'max_tokens', 'max_tokens'],
  [{ reasoning: { effort: 'low' } }, 'reasoning_effort', 'reasoning.effort'],
  [{ reasoning_effort: 'low' }, 'reasoning_effort', 'reasoning_effort'],
  [{ ...old, max_completion_tokens: 9 }, 'messages[0].content', 'messages[0].content'],
]

describe.each([
  ['a reply', {}],
  ['a stream', { stream: true }],
])('in %s', (_how, how) => {
  test.each(spelled)('of %j an error and a warning about %s name %s', async (sent, ours, caller) => {
    const warning = { code: 'dropped_parameter', param: ours, message: 'Dropped.' } as const
    const warns: Script = async function* (_request, context) {
      yield { type: 'start', served: servedBy(context) }
      yield text('a')
      yield endOf(context, { warnings: [warning] })
    }
    await using answers = await startHttp({ script: warns })
    const reply = await (await post(answers.url, { ...chatBody, ...sent, ...how })).text()
    expect(reply).toContain(`"warnings":[{"code":"dropped_parameter","param":"${caller}","message":"Dropped."}]`)

    await using refuses = await startHttp({
      script: fails(new GatewayError('provider_rejected', 'No.', { param: ours })),
    })
    const refusal = await (await post(refuses.url, { ...chatBody, ...sent, ...how })).json()
    expect(refusal).toMatchObject({ error: { param: caller, code: 'provider_rejected', message: 'No.' } })
  })
})

test('an error in the middle of a stream names the field as its caller did', async () => {
  const breaks: Script = async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    throw new GatewayError('provider_rejected', 'No.', { param: 'tools' })
  }
  await using http = await startHttp({ script: breaks })
  const reply = await post(http.url, { ...chatBody, ...old, stream: true })
  expect(await reply.text()).toContain('"param":"functions"')
})

test.each([
  [old, 'functions'],
  [modern, 'tools'],
])('a model that cannot call them refuses %j by its name', async (sent, param) => {
  await using it = await startApp()
  const body = {
    model: 'gpt-5.6-sol',
    messages: [{ role: 'user', content: 'Hi' }],
    reasoning_effort: 'high',
    n: 2,
    ...sent,
  }
  const reply = await post(it.url, body)
  expect(await reply.json()).toMatchObject({ error: { code: 'no_eligible_model', param } })
  expect(it.upstream.requests).toEqual([])
})
