import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Entries, Leases } from '../../src/contract/store.ts'
import { entryOf } from '../cache/entry-of.ts'

type OpenLeases = () => Promise<{ leases: Leases; writer: Entries; reader: Entries } & AsyncDisposable>

/** What every store of leases must do, with the entries that are made under them; by the system's clock. */
export const describeLeases = (store: string, open: OpenLeases): void => {
  describe(`${store} leases`, () => {
    const longMs = 60_000
    const hold = async ({ leases }: { leases: Leases }, key = 'k', ttlMs = longMs) => {
      const verdict = await leases.acquire(key, ttlMs)
      if (verdict.state !== 'held') throw new Error(`It is ${verdict.state}`)
      return verdict.lease
    }
    const madeBy = (fence: number) => {
      const nowMs = Date.now()
      return entryOf({ key: 'k', id: `ent_${fence}`, createdAtMs: nowMs, expiresAtMs: nowMs + longMs })
    }

    test('gives a key to one at a time, and each key apart', async () => {
      await using it = await open()
      await hold(it)
      const second = await it.leases.acquire('k', longMs)
      expect(second).toMatchObject({ state: 'taken' })
      expect(second.state === 'taken' ? second.forMs : 0).toBeGreaterThan(longMs / 2)
      await hold(it, 'other')
    })

    test('gives it to the next once it is given back with an answer, with a greater fence', async () => {
      await using it = await open()
      const first = await hold(it)
      await it.leases.release(first, true)
      const second = await hold(it)
      expect(second.fence).toBeGreaterThan(first.fence)
      await it.leases.release(first, true)
      expect(await it.leases.acquire('k', longMs)).toMatchObject({ state: 'taken' })
    })

    test('lets all go alone for a while where the answer was not kept', async () => {
      await using it = await open()
      await it.leases.release(await hold(it), false)
      expect(await it.leases.acquire('k', longMs)).toEqual({ state: 'alone' })
      await expect.poll(() => it.leases.acquire('k', longMs), { timeout: 10_000 }).toMatchObject({ state: 'held' })
    })

    test('lives as long as it is renewed, and is lost once another has it', async () => {
      await using it = await open()
      const first = await hold(it, 'k', 20)
      await sleep(40)
      // Nobody came in between.
      expect(await it.leases.renew(first, 20)).toBe(true)
      await sleep(40)
      const second = await hold(it)
      expect(await it.leases.renew(first, longMs)).toBe(false)
      expect(await it.leases.renew(second, longMs)).toBe(true)
      await it.leases.release(second, false)
      expect(await it.leases.renew(second, longMs)).toBe(false)
    })

    test('keeps what its newest holder made, and nothing of a late one', async () => {
      await using it = await open()
      const late = await hold(it, 'k', 1)
      await sleep(5)
      const newest = await hold(it)
      await it.writer.set(madeBy(late.fence), late)
      expect(await it.reader.find('k')).toBeNull()
      await it.writer.set(madeBy(newest.fence), newest)
      await it.writer.set(madeBy(late.fence), late)
      expect(await it.reader.find('k')).toMatchObject({ id: `ent_${newest.fence}` })
      expect(await it.writer.find('k')).toMatchObject({ id: `ent_${newest.fence}` })
    })

    test('no two keep an answer of one key under a fence that is not the newest, whatever comes when', async () => {
      const step = fc.record({
        holder: fc.integer({ min: 0, max: 2 }),
        act: fc.constantFrom('acquire', 'acquire briefly', 'set', 'renew', 'release', 'fail'),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          await using it = await open()
          const held = new Map<number, Awaited<ReturnType<typeof hold>>>()
          let newest = 0
          let kept: string | null = null
          for (const { holder, act } of steps) {
            const lease = held.get(holder)
            if (act === 'acquire' || act === 'acquire briefly') {
              const verdict = await it.leases.acquire('k', act === 'acquire' ? longMs : 1)
              if (act === 'acquire briefly') await sleep(3)
              if (verdict.state !== 'held') continue
              expect(verdict.lease.fence).toBeGreaterThan(newest)
              newest = verdict.lease.fence
              held.set(holder, verdict.lease)
            } else if (lease) {
              if (act === 'set') await it.writer.set(madeBy(lease.fence), lease)
              if (act === 'renew')
                expect(await it.leases.renew(lease, longMs)).toSatisfy((is) => !is || lease.fence === newest)
              if (act === 'release' || act === 'fail') await it.leases.release(lease, act === 'release')
              const found = (await it.reader.find('k'))?.id ?? null
              // What is there is either what was, or of the newest holder, who has just written it.
              if (act !== 'set' || lease.fence !== newest) expect(found).toBe(kept)
              kept = found
            }
          }
        }),
        // Each opens a store.
        { numRuns: 40 },
      )
    }, 60_000)
  })
}
