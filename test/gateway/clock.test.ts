import { expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import { createGate } from '../support/gate.ts'
import { sse } from '../support/upstream.ts'

test('an answer during which the clock is set back is told as any other, and took no negative time', async () => {
  let nowMs = Date.UTC(2026, 10, 21)
  await using it = await startApp({ overrides: { clock: { now: () => nowMs } } })
  const gate = createGate()
  const piece = (content: string, finish: string | null): string =>
    sse({ id: 'x', model: 'gpt-6-luna', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })
  it.upstream.script([{ body: [gate, piece('hello', 'stop'), sse('[DONE]')] }])
  const call = fetch(`${it.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'unified_completion', arguments: { prompt: 'hi', model: 'gpt-6-luna' } },
    }),
  })
  await it.upstream.waitForRequest()
  nowMs -= 3_600_000
  gate.open()
  expect(await (await call).text()).not.toContain('"isError":true')
  const [receipt] = it.receipts
  expect(receipt?.timings).toMatchObject({ firstTokenMs: 0, totalMs: 0 })
  expect(receipt?.tries).toMatchObject([{ durationMs: 0, firstTokenMs: 0 }])
})
