import { readFile } from 'node:fs/promises'
import { readRarity } from '../verify/rarity.ts'
import { parseThresholds } from '../verify/thresholds.ts'
import { readTrees } from '../verify/trees.ts'
import { createVerifier } from './verifier.ts'
import type { Verifier } from './verifier.ts'

/** Beside the sources as beside what is built of them. */
const trained = new URL('../../../models/near-verifier/', import.meta.url)

/** The verifier as it was trained and calibrated, or in words why there is none. */
export const loadVerifier = async (): Promise<{ verifier: Verifier } | { verifier: null; why: string }> => {
  try {
    const [rarity, trees, thresholds] = await Promise.all([
      readFile(new URL('rarity.bin', trained)),
      readFile(new URL('trees.json', trained), 'utf8'),
      readFile(new URL('thresholds.json', trained), 'utf8'),
    ])
    const parts = {
      rarity: readRarity(rarity),
      trees: readTrees(JSON.parse(trees)),
      calibration: parseThresholds(JSON.parse(thresholds)),
    }
    return { verifier: createVerifier(parts) }
  } catch (error) {
    return { verifier: null, why: error instanceof Error ? error.message : String(error) }
  }
}
