import { wordsLeft } from '../reading/differences.ts'
import { oppositesIn } from '../reading/opposites.ts'
import type { Guard } from './guard.ts'

/** Objects where what is left of one text and of the other are opposites: buy and sell, before and after. */
export const opposites: Guard = {
  name: 'opposites',
  objects: (a, b) => {
    const found = oppositesIn(wordsLeft(a, b), wordsLeft(b, a))
    return found.length > 0 ? `opposites: ${found.map(([one, other]) => `${one} against ${other}`).join(', ')}` : null
  },
}
