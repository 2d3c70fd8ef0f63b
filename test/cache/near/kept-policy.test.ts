import { describe, expect, test } from 'vitest'
import { createNearPolicy } from '../../../src/cache/near/policy.ts'
import type { Json } from '../../../src/contract/json.ts'
import type { NearSettings } from '../../../src/contract/settings.ts'

const settings: NearSettings = {
  mode: 'on',
  maxFalseHitRate: 0.01,
  byClass: { math: 0.002 },
  classes: ['qa', 'math'],
  similarityThreshold: null,
  deadlineMs: 50,
  canary: { share: 0, budgetNanoUsdPerDay: 0n },
}

/** Starts after starts, each with what the last one kept. */
const start = (kept: Json | null, said: { settings?: Partial<NearSettings>; fingerprint?: string } = {}) => {
  const it = { note: kept, told: [] as { task: string; broken: boolean }[] }
  const policy = createNearPolicy({
    settings: { ...settings, ...said.settings },
    kept,
    keep: async (value) => {
      // As a file would have it.
      it.note = JSON.parse(JSON.stringify(value))
    },
    verifier: { fingerprint: said.fingerprint ?? 'one' },
    changed: ({ task, broken }) => void it.told.push({ task, broken }),
  })
  return { policy, it }
}

const brokenOnce = async () => {
  const { policy, it } = start(null)
  await policy.change({ maxFalseHitRate: 0.02, byClass: { math: null } })
  policy.observe('qa', true)
  policy.observe('qa', true)
  policy.observe('math', false)
  expect(policy.of('qa').mode).toBe('shadow')
  return it.note
}

describe('the next start', () => {
  test('goes on with the rules and the evidence of the last, and says which bound is broken', async () => {
    const { policy, it } = start(await brokenOnce())
    expect(policy.of('qa')).toEqual({ mode: 'shadow', maxFalseHitRate: 0.02 })
    expect(policy.view()).toMatchObject({ mode: 'on', byClass: {} })
    expect(policy.view().evidence).toContainEqual(
      expect.objectContaining({ task: 'math', compared: 1, differed: 0, broken: false }),
    )
    expect(it.told).toEqual([{ task: 'qa', broken: true }])
  })

  test('takes the file’s rules where the file has changed, and keeps the evidence', async () => {
    const { policy } = start(await brokenOnce(), { settings: { maxFalseHitRate: 0.05 } })
    expect(policy.of('qa')).toEqual({ mode: 'shadow', maxFalseHitRate: 0.05 })
    expect(policy.view().byClass).toEqual({ math: 0.002 })
  })

  test.each([
    ['another verifier', { fingerprint: 'two' }],
    ['the plain cosine rule', { settings: { similarityThreshold: 0.95 } }],
  ])('asks %s for evidence of its own, and keeps the rules', async (_what, said) => {
    const { policy } = start(await brokenOnce(), said)
    expect(policy.of('qa')).toEqual({ mode: 'on', maxFalseHitRate: 0.02 })
    expect(policy.view().evidence).toEqual([])
  })

  test.each([[null], ['?'], [{}], [{ judgedBy: 'one', configured: {}, rules: { mode: 'wild' }, evidence: [] }]])(
    'begins anew with %j',
    (kept) => {
      const { policy } = start(kept)
      expect(policy.view()).toMatchObject({ mode: 'on', maxFalseHitRate: 0.01, byClass: { math: 0.002 }, evidence: [] })
    },
  )
})
