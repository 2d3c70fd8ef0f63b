import { namesLeft, exchangedCapitals } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** Objects where each text has a name that the other has not. One more name on one side is often only said more fully. */
export const names: Guard = {
  name: 'names',
  objects: (a, b) => {
    const [mine, theirs] = [namesLeft(a, b), namesLeft(b, a)]
    if (mine.length > 0 && theirs.length > 0) return `other names: ${against(mine, theirs)}`
    const exchanged = exchangedCapitals(a, b)
    return exchanged && `other names: ${against([exchanged[0]], [exchanged[1]])}`
  },
}
