import { numbersLeft, unitsDisagree } from '../reading/differences.ts'
import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** Another number is another question, and so is the same number of something else. */
export const numbers: Guard = {
  name: 'numbers',
  objects: (a, b) => {
    const [mine, theirs] = [numbersLeft(a, b), numbersLeft(b, a)]
    if (mine.length + theirs.length > 0) return `other numbers: ${against(mine, theirs)}`
    const units = unitsDisagree(a, b)
    return units && `other units: ${against([units[0]], [units[1]])}`
  },
}
