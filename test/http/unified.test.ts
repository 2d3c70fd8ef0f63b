import { expect, test } from 'vitest'
import { startHttp } from './start-http.ts'

const ask = async (body: object) => {
  await using http = await startHttp()
  const reply = await fetch(`${http.url}/unified_completion`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { reply, body: await reply.json(), seen: http.seen }
}

test("the tool's body is answered as the tool answers", async () => {
  const { reply, body, seen } = await ask({ prompt: 'Hi', requirements: { low_cost: true } })
  expect(reply.status).toBe(200)
  expect(body).toMatchObject({
    text: 'Hello there',
    model: 'gpt-6-luna-2026-11-01',
    cost_usd: '0.000020000',
    request_id: reply.headers.get('x-request-id'),
  })
  expect(reply.headers.get('x-gateway-cost-usd')).toBe('0.000020000')
  expect(seen[0]).toMatchObject({
    request: { model: { kind: 'auto' }, requirements: { lowCost: true } },
    context: { face: 'http' },
  })
})

test("its errors have OpenAI's shape", async () => {
  const { reply, body } = await ask({ promt: 'Hi' })
  expect(reply.status).toBe(400)
  expect(body).toMatchObject({ error: { param: 'promt', message: '"promt" is not known: did you mean "prompt"?' } })
})
