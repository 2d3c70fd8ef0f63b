import { missingFrom } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/**
 * Signs, emoji and words in scripts that the encoder does not know: to it they all are one unknown piece, so that what they mean is
 * lost before anything is compared.
 */
export const symbols: Guard = {
  name: 'symbols',
  objects: (a, b) => {
    const [mine, theirs] = [
      [...missingFrom(b.symbols, a.symbols), ...missingFrom(b.foreign, a.foreign)],
      [...missingFrom(a.symbols, b.symbols), ...missingFrom(a.foreign, b.foreign)],
    ]
    return mine.length + theirs.length > 0 ? `other signs or scripts: ${against(mine, theirs)}` : null
  },
}
