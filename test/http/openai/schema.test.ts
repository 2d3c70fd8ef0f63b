import { describe, expect, test } from 'vitest'
import { GatewayError, errorTable } from '../../../src/contract/errors.ts'
import type { ErrorCode } from '../../../src/contract/errors.ts'
import {
  openaiSchemaAvailable,
  validateChatReply,
  validateChunk,
  validateError,
  validateModelList,
} from '../../support/openai-schema.ts'
import { chatBody, endOf, fails, post, says, servedBy, startHttp, text } from '../start-http.ts'
import type { Script } from '../start-http.ts'

const scripts: Record<string, Script> = {
  text: says(text('Hello'), text('')),
  nothing: says(),
  refusal: says({ type: 'refusal', choice: 0, text: 'No.' }),
  thoughts: says(
    { type: 'reasoning', choice: 0, block: 0, text: 'hm' },
    { type: 'reasoning-signature', choice: 0, block: 0, signature: 'sig' },
    { type: 'reasoning-redacted', choice: 0, block: 1, data: 'xyz' },
    text('Four.'),
  ),
  logprobs: says(text('a'), {
    type: 'logprobs',
    choice: 0,
    content: [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [] }],
  }),
  async *tools(_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield { type: 'tool-call', choice: 0, index: 0, id: 'c1', name: 'weather' }
    yield { type: 'tool-arguments', choice: 0, index: 0, text: '{}' }
    yield endOf(context, { finishes: [{ choice: 0, reason: 'tool_calls', native: 'tool_use' }] })
  },
  async *several(_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield text('a', 1)
    yield endOf(context, {
      finishes: [
        { choice: 0, reason: 'content_filter', native: null },
        { choice: 1, reason: 'length', native: null },
      ],
    })
  },
}

const where = openaiSchemaAvailable ? '' : ' (skipped: ../shared/data/openai-openapi.json is absent)'

describe.skipIf(!openaiSchemaAvailable)(`as OpenAI describes it${where}`, () => {
  for (const [name, script] of Object.entries(scripts)) {
    test(`a reply of ${name}`, async () => {
      await using http = await startHttp({ script })
      expect(validateChatReply(await (await post(http.url, chatBody)).json())).toEqual([])
    })

    test(`every chunk of ${name}`, async () => {
      await using http = await startHttp({ script })
      const reply = await post(http.url, { ...chatBody, stream: true, stream_options: { include_usage: true } })
      const payloads = (await reply.text()).split('\n\n').filter((event) => event.startsWith('data: {'))
      expect(payloads.length).toBeGreaterThan(2)
      expect(payloads.flatMap((payload) => validateChunk(JSON.parse(payload.slice(6))))).toEqual([])
    })
  }

  test('every error', async () => {
    const faults = await Promise.all(
      Object.keys(errorTable).map(async (code) => {
        await using http = await startHttp({ script: fails(new GatewayError(code as ErrorCode, 'Wrong.')) })
        return validateError(await (await post(http.url, chatBody)).json())
      }),
    )
    expect(faults.flat()).toEqual([])
  })

  test('the list of models', async () => {
    await using http = await startHttp()
    expect(validateModelList(await (await fetch(`${http.url}/v1/models`)).json())).toEqual([])
  })
})
