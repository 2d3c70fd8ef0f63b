import type { Asked, Content } from '../contract/operation.ts'
import type { CachedAnswer } from '../contract/store.ts'
import type { Admission, Bounds, Foreseen, KeepRefusal } from './admissible.ts'
import type { Eligibility } from './eligible.ts'
import type { NearAsked } from './near/near.ts'
import type { CacheKind } from './ttl.ts'

/** A request as a question among others. */
export interface AskedQuestion {
  /** Under which the same question is found in another form; null where the form matters. */
  canonicalKey: string | null
  /** As it is compared with others in other words; null where there is no text to be compared. */
  near: NearAsked | null
  /**
   * Whether an answer to that question may be given to this request: with `auto` another model may be meant now.
   */
  fits(answer: CachedAnswer): boolean
}

/** What the cache must know of one kind of answers. */
export interface AnswerKind<Request extends Asked, Event extends Content> {
  name: CacheKind
  /** Whether a request may be answered from memory. */
  judgeEligibility(request: Request): Eligibility
  /**
   * What makes two requests the same, never equal to another kind's.
   * @throws TypeError, RangeError for a request that has no canonical JSON
   */
  fingerprint(options: { request: Request; scope: string; simulated: boolean }): string
  /** The request as a question that may have been asked before in another form or in other words; unset: never is. */
  readQuestion?(options: { request: Request; scope: string; simulated: boolean }): AskedQuestion
  /** Why an answer will not be given again, whatever is yet to come of it; null where that is open. Unset: always is. */
  foresee?(seen: Foreseen<Event>, force: boolean): KeepRefusal | null
  /** Whether an answer may be given again. */
  judgeAdmission(answer: CachedAnswer<Event>, bounds: Bounds): Admission
  /** Whether a remembered answer is of this kind. */
  holds(answer: CachedAnswer): answer is CachedAnswer<Event>
}
