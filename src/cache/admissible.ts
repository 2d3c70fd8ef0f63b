import type { AnswerEvent } from '../contract/chat.ts'
import type { Content } from '../contract/operation.ts'
import type { TaskGuess } from '../contract/plan.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { byteSizeOf } from '../lib/byte-size.ts'

/** Why an answer is not remembered; counted. */
export type KeepRefusal =
  /** It did not end, or not by itself. */
  | 'unfinished'
  | 'empty'
  | 'refusal'
  /** A tool call is an action, and its arguments are of the moment. */
  | 'tool_calls'
  /** Another time the caller wants another text. */
  | 'creative'
  /** Another model than the one asked for: it helped out once, and should not for the entry's whole life. */
  | 'substituted'
  /** A sandbox answer in a real cache, or the other way round. */
  | 'simulated'
  | 'too_large'

export interface Bounds {
  maxEntryBytes: number
  /** Whether this cache holds simulated answers. */
  simulated: boolean
  /** The caller forced the cache, creative or not. */
  force: boolean
}

export type Admission = { admissible: true; bytes: number } | { admissible: false; reason: KeepRefusal }

/** Whether this answer may be given again: whole, ended by the model itself, in words. `bytes` is its size for the bound. */
export const judgeAdmission = (answer: CachedAnswer<AnswerEvent>, bounds: Bounds): Admission =>
  weighAdmission(answer, refusalOf(answer, bounds.force), bounds)

/** What holds for answers of every kind: of one world, sandbox or real, and not too large. `reason`: what the kind has against it. */
export const weighAdmission = (
  answer: CachedAnswer,
  reason: KeepRefusal | null,
  { maxEntryBytes, simulated }: Bounds,
): Admission => {
  if (answer.simulated !== simulated) return { admissible: false, reason: 'simulated' }
  if (reason) return { admissible: false, reason }
  const bytes = byteSizeOf(answer)
  return bytes > maxEntryBytes ? { admissible: false, reason: 'too_large' } : { admissible: true, bytes }
}

/** What is known of an answer before its end. */
export interface Foreseen<Event extends Content> {
  task: TaskGuess | null
  /** What came last; null before anything did. */
  event: Event | null
}

/** What speaks against an answer whatever is yet to come of it. */
export const foreseeRefusal = ({ task, event }: Foreseen<AnswerEvent>, force: boolean): KeepRefusal | null => {
  if (event?.type === 'tool-call') return 'tool_calls'
  if (event?.type === 'refusal') return 'refusal'
  return task?.task === 'creative' && !force ? 'creative' : null
}

const refusalOf = (
  { events, finishes, warnings, task }: CachedAnswer<AnswerEvent>,
  force: boolean,
): KeepRefusal | null => {
  const has = (type: AnswerEvent['type']): boolean => events.some((event) => event.type === type)
  if (has('tool-call')) return 'tool_calls'
  if (has('refusal')) return 'refusal'
  if (finishes.length === 0 || finishes.some(({ reason }) => reason !== 'stop')) return 'unfinished'
  const isSaid = (choice: number): boolean =>
    events.some((event) => event.type === 'text' && event.choice === choice && event.text.trim() !== '')
  if (!finishes.every(({ choice }) => isSaid(choice))) return 'empty'
  if (warnings.some(({ code }) => code === 'model_substituted')) return 'substituted'
  return foreseeRefusal({ task, event: null }, force)
}
