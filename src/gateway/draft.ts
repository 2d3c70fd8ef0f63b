import type { AnswerEvent, Finish } from '../contract/chat.ts'
import type { First } from './call.ts'

/** An answer that is looked at as a whole, choice by choice. */
export interface Draft {
  add(event: First | AnswerEvent): void
  /** Who answered; null until the first token. */
  readonly first: First | null
  /** What came of one choice. */
  choice(choice: number): readonly AnswerEvent[]
  /** Every choice that began or ended. */
  choices(finishes: readonly Finish[]): number[]
}

export const openDraft = (): Draft => {
  const byChoice = new Map<number, AnswerEvent[]>()
  let first: Draft['first'] = null

  return {
    add: (event) => {
      if (event.type === 'first') {
        first = event
        return
      }
      const events = byChoice.get(event.choice)
      if (events) events.push(event)
      else byChoice.set(event.choice, [event])
    },
    get first() {
      return first
    },
    choice: (choice) => byChoice.get(choice) ?? [],
    choices: (finishes) => [...new Set([...byChoice.keys(), ...finishes.map(({ choice }) => choice)])],
  }
}
