import type { AnswerEvent, ChatRequest } from '../contract/chat.ts'
import type { Content } from '../contract/operation.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { judgeAdmission } from './admissible.ts'
import { judgeEligibility } from './eligible.ts'
import { fingerprint } from './fingerprint.ts'
import type { AnswerKind } from './kind.ts'

const others: ReadonlySet<string> = new Set<Exclude<Content, AnswerEvent>['type']>(['vectors', 'head', 'bytes'])

/** Answers in words. */
export const chatAnswers: AnswerKind<ChatRequest, AnswerEvent> = {
  name: 'chat',
  judgeEligibility,
  fingerprint,
  judgeAdmission,
  holds: (answer): answer is CachedAnswer<AnswerEvent> => !answer.events.some(({ type }) => others.has(type)),
}
