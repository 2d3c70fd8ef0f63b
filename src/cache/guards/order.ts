import { isReordered } from '../reading/order.ts'
import type { Guard } from './guard.ts'

/** The same words with exchanged parts: who does it to whom, from where to where. */
export const order: Guard = {
  name: 'order',
  objects: (a, b) => (isReordered(a, b) ? 'the same words in other places' : null),
}
