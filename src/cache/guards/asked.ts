import type { Asked } from '../reading/question.ts'
import type { Guard } from './guard.ts'

/** "What" and "how" may ask for any of these; these never for each other. */
const clear: ReadonlySet<Asked> = new Set(['who', 'when', 'where', 'why', 'quantity'])

/** A person is no answer to where, and a time none to why. */
export const asked: Guard = {
  name: 'question-word',
  objects: ({ asks: one }, { asks: other }) =>
    one !== null && other !== null && one !== other && clear.has(one) && clear.has(other)
      ? `one asks for ${said[one]}, the other for ${said[other]}`
      : null,
}

const said: Readonly<Record<Asked, string>> = {
  who: 'a person',
  when: 'a time',
  where: 'a place',
  why: 'a reason',
  how: 'a way',
  quantity: 'a quantity',
  what: 'something',
}
