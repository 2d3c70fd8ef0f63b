import { turnsBetween } from '../reading/opposites.ts'
import type { Guard } from './guard.ts'

/** Objects where what is left of one text and of the other are opposites: buy and sell, before and after. */
export const opposites: Guard = {
  name: 'opposites',
  objects: (a, b) => {
    const found = turnsBetween(a, b).opposites
    return found.length > 0 ? `opposites: ${found.map(([one, other]) => `${one} against ${other}`).join(', ')}` : null
  },
}
