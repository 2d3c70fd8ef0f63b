import type { Asked, Content } from '../contract/operation.ts'
import type { CachedAnswer } from '../contract/store.ts'
import type { Admission, Bounds } from './admissible.ts'
import type { Eligibility } from './eligible.ts'
import type { CacheKind } from './ttl.ts'

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
  /** Whether an answer may be given again. */
  judgeAdmission(answer: CachedAnswer<Event>, bounds: Bounds): Admission
  /** Whether a remembered answer is of this kind. */
  holds(answer: CachedAnswer): answer is CachedAnswer<Event>
}
