import { idsLeft } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** Letters and digits in one (A320, v2) and addresses mean one thing only. */
export const ids: Guard = {
  name: 'ids',
  objects: (a, b) => {
    const [mine, theirs] = [idsLeft(a, b), idsLeft(b, a)]
    return mine.length + theirs.length > 0 ? `other ids or versions: ${against(mine, theirs)}` : null
  },
}
