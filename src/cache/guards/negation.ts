import { wordsLeft } from '../reading/differences.ts'
import { prefixedIn } from '../reading/opposites.ts'
import type { Guard } from './guard.ts'

/**
 * Objects where one text is turned around once more often than the other. A word that is turned by its beginning counts too, so that
 * "not possible" says what "impossible" says.
 */
export const negation: Guard = {
  name: 'negation',
  objects: (a, b) => {
    const turned = prefixedIn(wordsLeft(a, b), wordsLeft(b, a))
    if ((a.negations + b.negations + turned.length) % 2 === 0) return null
    const words = turned.map((pair) => [...pair].sort().join(' and '))
    return `one of them is negated${words.length > 0 ? ` (${words.join(', ')})` : ''}`
  },
}
