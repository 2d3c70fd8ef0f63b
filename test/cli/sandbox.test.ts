import { expect, test } from 'vitest'
import { run } from '../support/process.ts'

/** Starts the sandbox with faults and returns its address, once it listens. */
const listening = async (sandbox: ReturnType<typeof run>): Promise<string> => {
  for (;;) {
    const url = /OpenAI-shaped base URL\s+(\S+)\/v1\n[^]*simulated\n/.exec(sandbox.stdout())?.[1]
    if (url !== undefined) return url
    if (sandbox.child.exitCode !== null) throw new Error(`The sandbox ended: ${sandbox.stderr()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const ask = (url: string, model = 'm'): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })

test('any gateway can be put in front of the sandbox, which acts out faults in turn and then answers', async () => {
  await using sandbox = run(
    ['sandbox', '--port', '0', '--fault', '429; retry-after=2', '--fault', 'half-json', '--fault-times', '1'],
    {},
  )
  const url = await listening(sandbox)
  const limited = await ask(url)
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2'])
  await expect((await ask(url)).json()).rejects.toThrow(SyntaxError)
  expect(await (await ask(url)).json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
})

test('a fault can be for one deployment and one model alone', async () => {
  await using sandbox = run(
    ['sandbox', '--port', '0', '--fault', '503', '--fault-row', 'first', '--fault-model', 'bad'],
    {},
  )
  const url = await listening(sandbox)
  expect((await ask(`${url}/first`, 'bad')).status).toBe(503)
  expect((await ask(`${url}/first`, 'good')).status).toBe(200)
  expect((await ask(`${url}/second`, 'bad')).status).toBe(200)
  expect((await ask(`${url}/first`, 'bad')).status).toBe(503)
})

test('--fault list shows every fault and serves nothing', async () => {
  const { code, stdout } = await run(['sandbox', '--fault', 'list'], {}).ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ {2}black-hole .*never answers/m)
  expect(stdout).toMatch(/^ {2}stall +after=2 /m)
  expect(stdout).not.toContain('listens')
})

test.each([
  [['--fault', 'blackhole'], 'Did you mean "black-hole"?'],
  [['--fault', 'explode'], 'There are: refuse, black-hole, '],
  [['--fault', 'cut', '--fault-times', '0'], 'Use a whole number from 1.'],
])('%j is refused: %s', async (flags, said) => {
  const { code, stderr, stdout } = await run(['sandbox', '--port', '0', ...flags], {}).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(said)
})
