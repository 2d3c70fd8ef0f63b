import { namesLeft } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** Objects where each text has a name that the other has not. One more name on one side is often only said more fully. */
export const names: Guard = {
  name: 'names',
  objects: (a, b) => {
    const [mine, theirs] = [namesLeft(a, b), namesLeft(b, a)]
    return mine.length > 0 && theirs.length > 0 ? `other names: ${against(mine, theirs)}` : null
  },
}
