import { expect, test } from 'vitest'
import { openStores } from '../../src/stores/index.ts'
import { run, serve } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test(
  'a key made on the command line opens a running gateway, and revoking it closes the gateway within a second',
  { timeout: 60_000 },
  async () => {
    using data = temporaryFolder()
    const env = { DATA_DIR: data.path, AUTH_MODE: 'api-key' }
    await using gateway = await serve(env)
    const knock = async (secret: string): Promise<number> =>
      (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })).status

    const created = await run(['keys', 'create', '--name', "Ada's laptop"], env).ended
    const secret = created.stdout.trim()
    expect(created.code).toBe(0)
    expect(secret).toMatch(/^gw_[\w-]{43}$/)
    expect(created.stderr).not.toContain(secret)

    expect(await knock(secret)).toBe(200)
    expect(await knock(`${secret.slice(0, -1)}_`)).toBe(401)

    const listed = await run(['keys', 'list'], env).ended
    expect(listed.stdout).toContain("Ada's laptop")
    expect(listed.stdout).not.toContain(secret.slice(3))
    const id = listed.stdout.split('\t')[0] ?? ''

    const revoked = await run(['keys', 'revoke', id], env).ended
    expect(revoked.code).toBe(0)
    await expect.poll(() => knock(secret), { timeout: 10_000, interval: 50 }).toBe(401)
    expect((await run(['keys', 'revoke', id], env).ended).code).toBe(1)

    await using stores = await openStores({ dataDir: data.path, cacheMaxBytes: 0, clock: { now: () => 0 } })
    const trail = await stores.audit.recent({ after: null, limit: 10 })
    expect(trail.map(({ actor, action, target, outcome }) => [actor.id, action, target, outcome])).toEqual([
      ['cli', 'key.revoke', id, 'failed'],
      ['cli', 'key.revoke', id, 'done'],
      ['cli', 'key.create', id, 'done'],
    ])
  },
)

test('the list shows whose answers a key shares', async () => {
  using data = temporaryFolder()
  const env = { DATA_DIR: data.path }
  const words = ['--name', 'Ada', '--team', 'search', '--tenant', 'acme']
  expect((await run(['keys', 'create', ...words], env).ended).code).toBe(0)
  expect((await run(['keys', 'list'], env).ended).stdout).toMatch(/\tAda\tteam search\ttenant acme\n$/)
})

test(
  'a key with limits of its own is held to them, and limits that cannot be read make none',
  { timeout: 60_000 },
  async () => {
    using data = temporaryFolder()
    const env = { DATA_DIR: data.path, AUTH_MODE: 'api-key', PROVIDERS: 'sandbox' }
    const wrong = await run(['keys', 'create', '--name', 'Bob', '--limits', 'requests=3'], env).ended
    expect(wrong).toMatchObject({ stdout: '' })
    expect(wrong.stderr).toContain('requests_per_minute=60,tokens_per_day=1000000')
    const words = ['--name', 'Ada', '--limits', 'requests_per_day=2, tokens_per_hour=100000']
    const secret = (await run(['keys', 'create', ...words], env).ended).stdout.trim()
    expect((await run(['keys', 'list'], env).ended).stdout).toMatch(
      /^key_\w+\tuse\tactive\t.*\tAda\trequests_per_day=2,tokens_per_hour=100000\n$/,
    )
    await using gateway = await serve(env)
    const replies = []
    for (const content of ['one', 'two', 'three'])
      replies.push(
        await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content }] }),
        }),
      )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(replies[0]?.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect(replies[0]?.headers.get('x-ratelimit-limit-tokens')).toBe('100000')
  },
)

test('a wrong scope and a missing name are told, and nothing is made', async () => {
  using data = temporaryFolder()
  const env = { DATA_DIR: data.path }
  const wrong = await run(['keys', 'create', '--name', 'x', '--scope', 'root'], env).ended
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toContain('Allowed choices are use, admin')
  expect((await run(['keys', 'create'], env).ended).stderr).toContain('--name')
  expect(await run(['keys', 'create', '--name', ''], env).ended).toMatchObject({
    code: 1,
    stderr: 'ai-gateway-mcp: A key needs a name of 1 to 100 characters on one line.\n',
  })
  expect((await run(['keys', 'list'], env).ended).stdout).toBe('')
})
