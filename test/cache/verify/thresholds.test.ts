import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { model } from '../../../scripts/model/published.mjs'
import pairModel from '../../../models/near-verifier/model.json' with { type: 'json' }
import { parseThresholds, probabilityOf, thresholdFor, treesFingerprint } from '../../../src/cache/verify/thresholds.ts'

const row = (maxFalseHitRate: number, threshold: number | null) => ({
  maxFalseHitRate,
  threshold,
  hits: 400,
  falseHits: 0,
  upperBound: 0.0075,
  noisy: null,
})

const file = {
  embedder: { name: 'tiny', form: 'int8', sha256: 'e' },
  verifier: { trees: 't', pair: 'p' },
  joinWeights: { trees: 0.5, pair: 1.5, bias: -0.25 },
  forms: { joined: [row(0.005, null), row(0.01, 0.93), row(0.02, 0.88)], trees: [row(0.02, 0.97)] },
  provenance: { date: '2026-11-21', command: 'npm run cache:calibrate', pairs: { medical: 5 }, labelNoise: 0.042 },
}

describe('the thresholds that come along', () => {
  const folder = path.resolve(import.meta.dirname, '../../../models/near-verifier')
  const read = (name: string) => readFileSync(path.join(folder, name))
  const { verifier, embedder, forms } = parseThresholds(JSON.parse(read('thresholds.json').toString()))

  test('are those of the trees, the pair model and the embedder that come along', () => {
    expect(verifier).toEqual({
      trees: treesFingerprint(read('trees.json'), read('rarity.bin')),
      pair: `near-verifier/${pairModel.built.int8.sha256.slice(0, 16)}`,
    })
    expect(embedder).toEqual({ name: model.name, form: 'int8', sha256: model.built.int8.sha256 })
  })

  test('grow no stricter as more wrong hits are allowed, and keep what they promise', () => {
    for (const rows of Object.values(forms)) {
      const thresholds = rows.map(({ threshold }) => threshold ?? 1)
      expect(thresholds).toEqual(thresholds.toSorted((one, other) => other - one))
      for (const { threshold, upperBound, maxFalseHitRate } of rows)
        if (threshold !== null) expect(upperBound).toBeLessThanOrEqual(maxFalseHitRate)
    }
  })
})

describe('the calibrated thresholds', () => {
  const thresholds = parseThresholds(file)

  test.each([
    [0.01, 0.93],
    [0.015, 0.93],
    [0.02, 0.88],
    [0.5, 0.88],
    [0.005, null],
    [0.001, null],
    [0, null],
  ])('for a rate of %f: %o', (rate, threshold) => {
    expect(thresholdFor(thresholds, 'joined', rate)).toBe(threshold)
  })

  test('are each form of the verifier its own', () => {
    expect(thresholdFor(thresholds, 'trees', 0.01)).toBeNull()
    expect(thresholdFor(thresholds, 'trees', 0.02)).toBe(0.97)
  })

  test('stand on the joined log-odds, or on those of the trees where the pair model did not answer', () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
    expect(probabilityOf(thresholds, { trees: 2, pair: 1 })).toBe(sigmoid(0.5 * 2 + 1.5 - 0.25))
    expect(probabilityOf(thresholds, { trees: 2, pair: null })).toBe(sigmoid(2))
    expect(probabilityOf(thresholds, { trees: 2, pair: -Infinity })).toBe(0)
  })

  test('are refused when anything in the file is unknown or out of range', () => {
    expect(() => parseThresholds({ ...file, more: 1 })).toThrow()
    expect(() => parseThresholds({ ...file, forms: { ...file.forms, trees: [row(0.02, 1.2)] } })).toThrow()
  })
})
