import { describe, expect, test } from 'vitest'
import type { Audit, AuditEntry, AuditPlace } from '../../../src/contract/store.ts'
import type { Open } from './open.ts'

const entryOf = (said: Partial<AuditEntry> & { id: string }): AuditEntry => ({
  atMs: 1_763_000_000_000,
  actor: { id: 'key_ada', name: "Ada'; --" },
  action: 'key.create',
  target: 'key_bob',
  outcome: 'done',
  detail: { name: 'Kraków 🌉', scope: 'use' },
  ...said,
})

/** What every store of administrative actions must do. */
export const describeAudit = (store: string, open: Open<Audit>): void => {
  describe(`${store} audit`, () => {
    test('gives an entry back as it was', async () => {
      await using opened = await open()
      const whole = entryOf({ id: 'a1' })
      const bare = entryOf({ id: 'a0', action: 'cache.remove', target: null, outcome: 'refused', detail: {} })
      await opened.port.append(whole)
      await opened.port.append(bare)
      expect(await opened.port.recent({ after: null, limit: 10 })).toEqual([whole, bare])
    })

    test('lists the newest first, page by page, each once', async () => {
      await using opened = await open()
      for (let n = 0; n < 9; n += 1) await opened.port.append(entryOf({ id: `a${n}`, atMs: 1_000 + Math.floor(n / 4) }))
      const ids: string[] = []
      for (let after: AuditPlace | null = null; ;) {
        const page: readonly AuditEntry[] = await opened.port.recent({ after, limit: 2 })
        ids.push(...page.map(({ id }) => id))
        after = page.at(-1) ?? null
        if (!after) break
      }
      expect(ids).toEqual(['a8', 'a7', 'a6', 'a5', 'a4', 'a3', 'a2', 'a1', 'a0'])
    })

    test('has nothing at first', async () => {
      await using opened = await open()
      expect(await opened.port.recent({ after: null, limit: 10 })).toEqual([])
    })
  })
}
