import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import thresholds from '../../models/near-verifier/thresholds.json' with { type: 'json' }
import { loadPairModel } from '../../src/perception/pair-model.ts'
import { loadTokenizer } from '../../src/perception/tokenizer.ts'
import expected from './pair-logits.json' with { type: 'json' }

const models = path.resolve(import.meta.dirname, '../../.models')
const [folder, pairFolder] = [path.join(models, 'all-MiniLM-L6-v2'), path.join(models, 'near-verifier')]
const isThere = existsSync(path.join(pairFolder, 'set-up.json'))

describe.skipIf(!isThere)("the pair model's own weights (skipped where set-up could not get them)", () => {
  test('says in bytes what its training said in 32 bits', async () => {
    const { score } = await loadPairModel({ pairFolder }, await loadTokenizer(folder))
    const logits = await score(expected.map(({ a, b }) => ({ stored: a, asked: b })))
    const differences = expected.map(({ logit }, at) => Math.abs(logit - (logits[at] ?? Number.NaN)))
    expect(Math.max(...differences)).toBeLessThan(1)
    expect(differences.reduce((sum, difference) => sum + difference, 0) / differences.length).toBeLessThan(0.2)
  })

  test('does not mind which question came first', async () => {
    const { score } = await loadPairModel({ pairFolder }, await loadTokenizer(folder))
    for (const { a, b } of expected.slice(0, 8)) {
      const [there, back] = [await score([{ stored: a, asked: b }]), await score([{ stored: b, asked: a }])]
      expect(there[0]).toBeCloseTo(back[0] ?? Number.NaN, 4)
    }
  })

  test('is shown by the command, under the fingerprint that the thresholds are for', async () => {
    const main = path.resolve(import.meta.dirname, '../../src/main.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'model', '--json'], { env: {} })
    expect(JSON.parse(stdout)).toMatchObject({
      pair_model: { fingerprint: thresholds.verifier.pair, median_ms: expect.any(Number) },
    })
  })
})
