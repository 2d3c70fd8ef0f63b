import { capitalsLeft } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** Acronyms are often one letter apart and never the same for it. */
export const capitals: Guard = {
  name: 'capitals',
  objects: (a, b) => {
    const [mine, theirs] = [capitalsLeft(a, b), capitalsLeft(b, a)]
    return mine.length + theirs.length > 0 ? `other words in capitals: ${against(mine, theirs)}` : null
  },
}
