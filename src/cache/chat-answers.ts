import type { AnswerEvent, ChatRequest } from '../contract/chat.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { judgeAdmission } from './admissible.ts'
import { judgeEligibility } from './eligible.ts'
import { fingerprint } from './fingerprint.ts'
import type { AnswerKind } from './kind.ts'

/** Answers in words. */
export const chatAnswers: AnswerKind<ChatRequest, AnswerEvent> = {
  name: 'chat',
  judgeEligibility,
  fingerprint,
  judgeAdmission,
  holds: (answer): answer is CachedAnswer<AnswerEvent> => answer.events.every(({ type }) => type !== 'vectors'),
}
