import type { AnswerEvent, ChatRequest } from '../contract/chat.ts'
import type { Content } from '../contract/operation.ts'
import type { Task } from '../contract/plan.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { foreseeRefusal, judgeAdmission } from './admissible.ts'
import { canonicalText } from './canonical.ts'
import { judgeEligibility } from './eligible.ts'
import { canonicalFingerprint, fingerprint, partitionFingerprint } from './fingerprint.ts'
import { judgeForm } from './form.ts'
import type { AnswerKind } from './kind.ts'
import { judgeNear } from './near/eligible.ts'
import { questionOf } from './question.ts'

const others: ReadonlySet<string> = new Set<Exclude<Content, AnswerEvent>['type']>(['vectors', 'head', 'bytes'])

interface ChatAnswersOptions {
  /** What kind of work a request is. */
  taskOf: (request: ChatRequest) => Task
  /** Of one request with `auto`, whether the model of an answer may answer it now. */
  mayServe: (request: ChatRequest) => (answer: Pick<CachedAnswer, 'provider' | 'model'>) => boolean
}

/** Answers in words. */
export const createChatAnswers = ({ taskOf, mayServe }: ChatAnswersOptions): AnswerKind<ChatRequest, AnswerEvent> => ({
  name: 'chat',
  judgeEligibility,
  fingerprint,
  readQuestion: (options) => {
    const { request } = options
    const text = questionOf(request)
    const task = taskOf(request)
    // A request that names its model has it in every key; else the choice depends on the text and on what is configured.
    const fits = request.model.kind === 'named' ? () => true : mayServe(request)
    if (text === null) return { canonicalKey: null, near: null, fits }
    const formRefusal = judgeForm(request, task, text)
    return {
      canonicalKey: formRefusal === null ? canonicalFingerprint(options, canonicalText(text)) : null,
      near: {
        text,
        task,
        refusal: judgeNear({ request, question: text, formRefusal }),
        partitionOf: (embedder) => partitionFingerprint(options, embedder),
        fits,
      },
      fits,
    }
  },
  foresee: foreseeRefusal,
  judgeAdmission,
  holds: (answer): answer is CachedAnswer<AnswerEvent> => !answer.events.some(({ type }) => others.has(type)),
})
