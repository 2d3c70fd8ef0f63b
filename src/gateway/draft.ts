import type { AnswerEvent, Finish } from '../contract/chat.ts'
import type { CallEvent } from './call.ts'

/** An answer that is held back until it is known to be right. */
export interface Draft {
  add(event: CallEvent): void
  /** What came of one choice. */
  choice(choice: number): readonly AnswerEvent[]
  /** Every choice that began or ended. */
  choices(finishes: readonly Finish[]): number[]
  replace(choice: number, events: readonly AnswerEvent[]): void
  /** Takes over who answered. */
  serve(other: Draft): void
  readonly first: Extract<CallEvent, { type: 'first' }> | null
  /** The whole, `first` first; `bare` gives a choice's text as it goes out, null for as it came. */
  events(bare: (events: readonly AnswerEvent[]) => string | null): Generator<CallEvent, void>
}

export const openDraft = (): Draft => {
  const byChoice = new Map<number, readonly AnswerEvent[]>()
  const growing = new Map<number, AnswerEvent[]>()
  let first: Draft['first'] = null

  const eventsOf = (choice: number): AnswerEvent[] => {
    const known = growing.get(choice)
    if (known) return known
    const fresh: AnswerEvent[] = []
    growing.set(choice, fresh)
    byChoice.set(choice, fresh)
    return fresh
  }

  return {
    add: (event) => {
      if (event.type === 'first') first = event
      else eventsOf(event.choice).push(event)
    },
    choice: (choice) => byChoice.get(choice) ?? [],
    choices: (finishes) => [...new Set([...byChoice.keys(), ...finishes.map(({ choice }) => choice)])],
    replace: (choice, events) => void byChoice.set(choice, events),
    serve: (other) => {
      first = other.first ?? first
    },
    get first() {
      return first
    },
    *events(bare) {
      if (first) yield first
      for (const [choice, events] of byChoice) {
        const text = bare(events)
        if (text === null) yield* events
        else {
          yield* events.filter(({ type }) => type !== 'text')
          yield { type: 'text', choice, text }
        }
      }
    },
  }
}
