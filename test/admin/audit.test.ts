import { expect, test } from 'vitest'
import { createAuditAnswers } from '../../src/admin/audit.ts'
import { createCacheAnswers } from '../../src/admin/cache.ts'
import type { CacheAnswers } from '../../src/admin/cache.ts'
import type { Caller } from '../../src/contract/caller.ts'
import type { Audit } from '../../src/contract/store.ts'
import { createAudit } from '../../src/stores/memory/audit.ts'
import { createDirectory } from '../../src/stores/memory/directory.ts'
import { createAudited } from '../../src/telemetry/audited.ts'
import { noCacheStats } from '../mcp/support/services.ts'
import { auditKeys } from '../../src/tenants/audited-keys.ts'
import { createKeyDirectory } from '../../src/tenants/directory.ts'

const ada: Caller = { id: 'key_ada', name: 'Ada', scope: 'use' }
const owner: Caller = { id: 'key_owner', name: 'Owner', scope: 'admin' }

const clear = (cache: CacheAnswers, caller: Caller, whose: 'mine' | 'all', dryRun: boolean) =>
  cache.manageCache(caller, { action: 'remove', whose, dryRun, ids: undefined, tag: undefined })

const setUp = (audit: Audit = createAudit(100)) => {
  let nowMs = 1_000
  const clock = { now: () => (nowMs += 1) }
  const audited = createAudited({ audit, newId: () => `a${nowMs}`, clock })
  const cache = createCacheAnswers(
    {
      stats: async () => noCacheStats,
      remove: async () => 3,
      advance: async () => undefined,
      curate: async () => null,
      uncurate: async () => false,
    },
    audited,
  )
  const plain = createKeyDirectory({ directory: createDirectory(), fixed: [], clock })
  const keys = auditKeys(plain, { audited, actor: { id: 'cli', name: 'command line' } })
  const { audit: ask } = createAuditAnswers(audit)
  return { cache, keys, entries: async () => (await ask({ caller: owner, limit: 10 })).entries, ask }
}

test('who cleared what is on the record, a dry run is not', async () => {
  const { cache, entries } = setUp()
  await clear(cache, owner, 'all', true)
  await clear(cache, owner, 'all', false)
  await clear(cache, ada, 'mine', false)
  expect(await entries()).toMatchObject([
    { actor: { id: 'key_ada', name: 'Ada' }, action: 'cache.remove', target: 'key_ada', outcome: 'done' },
    { actor: { id: 'key_owner' }, action: 'cache.remove', target: null, outcome: 'done', detail: { entries: '3' } },
  ])
})

test('what somebody may not do is refused, and on the record', async () => {
  const { cache, entries } = setUp()
  const tried = clear(cache, ada, 'all', false)
  await expect(tried).rejects.toMatchObject({ code: 'insufficient_scope' })
  expect(await entries()).toMatchObject([{ actor: { id: 'key_ada' }, target: null, outcome: 'refused' }])
})

test('keys that are made and revoked are on the record, without their secrets', async () => {
  const { keys, entries } = setUp()
  const { record, secret } = await keys.create({ name: 'Bob', scope: 'use' })
  expect(await keys.revoke(record.id)).toBe(true)
  expect(await keys.revoke(record.id)).toBe(false)
  await expect(keys.create({ name: '', scope: 'use' })).rejects.toMatchObject({ code: 'invalid_request' })
  const found = await entries()
  expect(found).toMatchObject([
    { action: 'key.create', target: null, outcome: 'failed', detail: { code: 'invalid_request' } },
    { action: 'key.revoke', target: record.id, outcome: 'failed' },
    { action: 'key.revoke', target: record.id, outcome: 'done' },
    { action: 'key.create', target: record.id, outcome: 'done', detail: { name: 'Bob', scope: 'use' } },
  ])
  for (const part of [secret, record.sha256]) expect(JSON.stringify(found)).not.toContain(part)
})

test('an action that cannot be written down is not told as done', async () => {
  const { cache } = setUp({ ...createAudit(1), append: () => Promise.reject(new Error('full')) })
  await expect(clear(cache, ada, 'mine', false)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'It is done, but the audit trail could not be written.',
  })
})

test('the record is for admins, page by page', async () => {
  const { cache, ask } = setUp()
  for (let turn = 0; turn < 5; turn += 1) await clear(cache, owner, 'mine', false)
  await expect(ask({ caller: ada, limit: 1 })).rejects.toMatchObject({ code: 'insufficient_scope' })
  await expect(ask({ caller: owner, limit: 1, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' })
  const times: number[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await ask({ caller: owner, limit: 2, cursor })
    times.push(...page.entries.map(({ atMs }) => atMs))
    cursor = page.nextCursor
  }
  expect(times).toEqual([1005, 1004, 1003, 1002, 1001])
})
