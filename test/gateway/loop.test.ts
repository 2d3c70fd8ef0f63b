import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { expect, test } from 'vitest'
import { startApp } from '../support/app.ts'

test('a base URL that leads back here, however hidden, ends in one typed error instead of a storm', async () => {
  let target = ''
  let passed = 0
  // Names another port than the gateway's, so that nothing can tell at the start.
  const detour = createServer((incoming, outgoing) => {
    passed += 1
    const { method, url, headers } = incoming
    const onward = request(new URL(url ?? '/', target), { method, headers: { ...headers, host: new URL(target).host } })
    onward.on('response', (reply) => {
      outgoing.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(outgoing)
    })
    incoming.pipe(onward)
  }).listen(0, '127.0.0.1')
  await once(detour, 'listening')
  const address = detour.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await using it = await startApp({ env: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` } })
  target = it.url

  const response = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', use_cache: false, messages: [{ role: 'user', content: 'hello' }] }),
  })
  detour.closeAllConnections()
  detour.close()
  expect(response.status).toBe(508)
  expect(await response.json()).toMatchObject({ error: { code: 'loop_detected' } })
  expect(passed).toBe(1)
})
