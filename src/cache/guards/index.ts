import type { Question } from '../reading/question.ts'
import { asked } from './asked.ts'
import { capitals } from './capitals.ts'
import type { Guard } from './guard.ts'
import { ids } from './ids.ts'
import { language } from './language.ts'
import { names } from './names.ts'
import { negation } from './negation.ts'
import { numbers } from './numbers.ts'
import { opposites } from './opposites.ts'
import { order } from './order.ts'
import { symbols } from './symbols.ts'

/** Every guard, the cheapest first. */
export const guards: readonly Guard[] = [
  numbers,
  ids,
  asked,
  language,
  symbols,
  capitals,
  names,
  negation,
  opposites,
  order,
]

export interface Objection {
  guard: string
  reason: string
}

/** What speaks against serving the answer to one question for another, from every guard; nothing where none objects. */
export const objectionsTo = (a: Question, b: Question): readonly Objection[] =>
  guards.flatMap(({ name, objects }) => {
    const reason = objects(a, b)
    return reason === null ? [] : [{ guard: name, reason }]
  })
