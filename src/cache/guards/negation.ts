import { turnsBetween } from '../reading/opposites.ts'
import type { Guard } from './guard.ts'

/**
 * Objects where one text is turned around once more often than the other. A word that is turned by its beginning counts too, so that
 * "not possible" says what "impossible" says.
 */
export const negation: Guard = {
  name: 'negation',
  objects: (a, b) => {
    const { isNegated, prefixed } = turnsBetween(a, b)
    if (!isNegated) return null
    const words = prefixed.map((pair) => [...pair].sort().join(' and '))
    return `one of them is negated${words.length > 0 ? ` (${words.join(', ')})` : ''}`
  },
}
