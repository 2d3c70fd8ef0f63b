import { expect, test } from 'vitest'
import type { Receipt, Try } from '../../src/contract/receipt.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { startApp } from '../support/app.ts'
import { receiptOf } from '../stores/receipt-of.ts'

interface Line {
  level: string
  message: string
  fields: object
}

/** What the log is told of a receipt. */
const told = (receipt: Receipt): Line | undefined => {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields })
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  createEvents({ logger, logContent: false, metrics: null, tracing: null }).completed(
    receipt,
    { traceId: null },
    () => ({ messages: [], answer: '' }),
  )
  return lines[0]
}

const plain = receiptOf({ id: 'req_1', costNanoUsd: 180_000n })
const [answered] = plain.tries
const failed = (fields: Partial<Try>): Try[] =>
  answered ? [{ ...answered, outcome: 'failed', errorCode: 'provider_unreachable', ...fields }] : []

test('an answer is one line: id, task, model, cache, tokens, cost, time', () => {
  expect(told(plain)).toMatchObject({
    level: 'info',
    message: 'req_1  qa  openai:gpt-6-luna  miss  1200+300 tok  $0.000180000  834 ms',
  })
})

test('an answer that others failed to give first says how many tries it took, and its fields say why', () => {
  const line = told({ ...plain, tries: [...failed({ reason: 'ECONNREFUSED', upstreamStatus: null }), ...plain.tries] })
  expect(line?.message).toMatch(/834 ms {2}2 tries$/)
  expect(line?.fields).toMatchObject({
    tries: [
      { model: 'openai:gpt-6-luna', code: 'provider_unreachable', upstream_status: null, reason: 'ECONNREFUSED' },
      { code: null, upstream_status: 200, reason: null, ms: 830 },
    ],
  })
})

test('a request that failed says why on its line', () => {
  const tries = failed({ reason: 'ECONNREFUSED connect ECONNREFUSED 10.0.0.7:443' })
  expect(told({ ...plain, outcome: 'failed', errorCode: 'provider_unreachable', tries })).toMatchObject({
    level: 'warn',
    message: expect.stringMatching(/failed provider_unreachable: ECONNREFUSED connect ECONNREFUSED 10\.0\.0\.7:443$/),
  })
  expect(told({ ...plain, outcome: 'client_aborted', errorCode: null, tries: [] })?.message).toMatch(/client_aborted$/)
})

test("a receipt keeps a provider's words about itself, and never those about the request", async () => {
  await using it = await startApp()
  const ask = (model: string): Promise<Response> =>
    fetch(`${it.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'xylophone' }] }),
    })
  const says = (status: number, message: string) => ({ status, body: { error: { message } } })

  it.upstream.script([says(401, 'This key was revoked on Monday.'), says(401, 'This one too.')])
  expect((await ask('openai:gpt-6-luna')).status).toBe(502)
  expect(it.receipts[0]?.tries.map(({ reason }) => reason)).toEqual([
    'openai answered 401: This key was revoked on Monday.',
    'openai answered 401: This one too.',
  ])

  it.upstream.script([says(400, 'Invalid value: xylophone')])
  expect(await (await ask('anthropic:claude-haiku-5-5')).text()).toContain('Invalid value: xylophone')
  expect(it.receipts[1]?.tries).toMatchObject([{ errorCode: 'provider_rejected', reason: null }])
})
