import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { addComparison, noEvidence, worstShare } from '../../../src/cache/bound.ts'
import { createNearPolicy } from '../../../src/cache/near/policy.ts'

const start = () => {
  const told: { task: string; broken: boolean; maxFalseHitRate: number }[] = []
  const policy = createNearPolicy({
    settings: {
      mode: 'on',
      maxFalseHitRate: 0.01,
      byClass: { math: 0.002 },
      classes: ['qa', 'math'],
      similarityThreshold: null,
      deadlineMs: 15,
      canary: { share: 0, budgetNanoUsdPerDay: 0n },
    },
    kept: null,
    keep: async () => undefined,
    verifier: { fingerprint: 'one' },
    changed: (what) => told.push(what),
  })
  const observe = (task: 'qa' | 'math', differing: readonly boolean[]): void => {
    for (const differs of differing) policy.observe(task, differs)
  }
  return { policy, told, observe }
}

const clean = (count: number): boolean[] => Array.from({ length: count }, () => false)

describe('the policy', () => {
  test('is as configured, by kind of work where that says so', () => {
    const { policy } = start()
    expect(policy.of('qa')).toEqual({ mode: 'on', maxFalseHitRate: 0.01 })
    expect(policy.of('math')).toEqual({ mode: 'on', maxFalseHitRate: 0.002 })
    expect(policy.view()).toMatchObject({ mode: 'on', byClass: { math: 0.002 }, classes: ['qa', 'math'], evidence: [] })
  })

  test('is changed setting by setting; null takes a bound of its own away', async () => {
    const { policy } = start()
    await policy.change({ mode: 'shadow', byClass: { math: null, qa: 0.05 } })
    expect(policy.of('math')).toEqual({ mode: 'shadow', maxFalseHitRate: 0.01 })
    expect(policy.of('qa')).toEqual({ mode: 'shadow', maxFalseHitRate: 0.05 })
    await policy.change({ maxFalseHitRate: 0.02 })
    expect(policy.of('math')).toEqual({ mode: 'shadow', maxFalseHitRate: 0.02 })
  })

  test.each([0, -0.1, 0.21, 1, Number.NaN])('takes no bound of %s, and changes nothing then', async (rate) => {
    const { policy } = start()
    await expect(policy.change({ mode: 'off', maxFalseHitRate: rate })).rejects.toThrow('max_false_hit_rate')
    await expect(policy.change({ mode: 'off', byClass: { qa: rate } })).rejects.toThrow('by_class.qa')
    expect(policy.of('qa')).toEqual({ mode: 'on', maxFalseHitRate: 0.01 })
  })

  test('turns one kind of work into a shadow when its bound breaks, says so once, and gives again when it holds', () => {
    const { policy, told, observe } = start()
    observe('qa', [...clean(20), true, true])
    expect(policy.of('qa').mode).toBe('shadow')
    expect(policy.of('math').mode).toBe('on')
    expect(told).toEqual([{ task: 'qa', broken: true, maxFalseHitRate: 0.01 }])
    observe('qa', clean(298))
    expect(policy.of('qa').mode).toBe('shadow')
    observe('qa', clean(1))
    expect(policy.of('qa').mode).toBe('on')
    expect(told.at(-1)).toEqual({ task: 'qa', broken: false, maxFalseHitRate: 0.01 })
    expect(told).toHaveLength(2)
  })

  test('stays off where it is off, whatever comparisons say', async () => {
    const { policy, observe } = start()
    await policy.change({ mode: 'off' })
    observe('qa', [true, true])
    expect(policy.of('qa').mode).toBe('off')
  })
})

describe('the bound', () => {
  test('does not break over what a rate at the bound would bring by chance', () => {
    // Three of 300 are one in a hundred.
    const seen = [...clean(99), true, ...clean(99), true, ...clean(99), true]
    expect(seen.reduce((evidence, differs) => addComparison(evidence, differs, 0.01), noEvidence)).toEqual({
      compared: 300,
      differed: 3,
      broken: false,
    })
  })

  test('forgets half of what is long ago, so that a change of traffic is seen', () => {
    const old = clean(2_000).reduce((evidence) => addComparison(evidence, false, 0.01), noEvidence)
    expect(addComparison(old, false, 0.01)).toMatchObject({ compared: 1_001, differed: 0 })
  })

  test('leaves everything possible while nothing was compared, and less with each clean comparison', () => {
    expect(worstShare(noEvidence)).toBe(1)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 20 }), (agreed, differed) => {
        const seen = { compared: agreed + differed, differed, broken: false }
        const worst = worstShare(seen)
        expect(worst).toBeGreaterThan(differed / Math.max(1, seen.compared) - 1e-12)
        expect(worstShare({ ...seen, compared: seen.compared + 1 })).toBeLessThanOrEqual(worst)
      }),
      { numRuns: 50 },
    )
  })
})
