import type { MemoryExplanation } from '../cache/explain.ts'
import type { FeedbackOutcome, FeedbackQuery } from '../cache/feedback.ts'
import type { PolicyChange, PolicyView } from '../cache/near/policy.ts'
import type { Caller } from '../contract/caller.ts'
import type { ChatRequest } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { AuditEntry, Audited, Receipts } from '../contract/store.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { requireAdmin } from './scope.ts'

/** What a caller says of an answer from memory: of one that a request got, or of an entry by itself. */
export interface CacheFeedback {
  requestId?: string | undefined
  entryId?: string | undefined
  verdict: 'good' | 'bad'
}

export interface NearAnswers {
  /** @throws GatewayError invalid_request where neither or both are named, not_found */
  cacheFeedback(caller: Caller, feedback: CacheFeedback): Promise<{ entryId: string; outcome: FeedbackOutcome }>
  /** Null where near answers are off. */
  cachePolicy(): PolicyView | null
  /** Until config/cache.yaml says something else. @throws GatewayError insufficient_scope, invalid_request */
  changeCachePolicy(caller: Caller, change: PolicyChange): Promise<PolicyView>
  explainCache(request: ChatRequest, caller: Caller, signal: AbortSignal): Promise<MemoryExplanation>
}

export interface NearAdmin {
  feedback(caller: Caller, query: Omit<FeedbackQuery, 'scope' | 'callerId'>): Promise<FeedbackOutcome>
  near: { policy(): PolicyView; changePolicy(change: PolicyChange): Promise<void> } | null
}

/** Questions and orders about answers to other questions that mean the same. */
export const createNearAnswers = ({
  cache,
  receipts,
  audited,
  gateway,
}: {
  cache: NearAdmin
  receipts: Pick<Receipts, 'find'>
  audited: Audited
  gateway: Pick<Gateway, 'explainMemory'>
}): NearAnswers => {
  const meant = async (caller: Caller, { requestId, entryId }: CacheFeedback) => {
    if ((requestId === undefined) === (entryId === undefined))
      throw new GatewayError('invalid_request', 'Send "request_id" (of an answer from the cache) or "entry_id".', {
        param: 'request_id',
      })
    if (entryId !== undefined) return { entryId, question: null, task: null }
    const receipt = await receipts.find(requestId ?? '')
    const isHis = receipt && (receipt.caller.id === caller.id || caller.scope === 'admin')
    if (!isHis || !receipt.recalled)
      throw new GatewayError('not_found', 'None of your answers from the cache has this request id.', {
        param: 'request_id',
      })
    const { recalled, task } = receipt
    return { entryId: recalled.entryId, question: recalled.question, task: task?.task ?? null }
  }

  return {
    cacheFeedback: async (caller, feedback) => {
      const about = await meant(caller, feedback)
      return { entryId: about.entryId, outcome: await cache.feedback(caller, { ...about, verdict: feedback.verdict }) }
    },
    cachePolicy: () => cache.near?.policy() ?? null,
    changeCachePolicy: async (caller, change) => {
      requireAdmin(caller, 'Changing when near answers are given')
      const { near } = cache
      if (!near)
        throw new GatewayError(
          'invalid_request',
          'Near answers are off: see near in config/cache.yaml, and the log of the start.',
        )
      const actor = { id: caller.id, name: caller.name }
      await audited({ actor, action: 'cache.policy', target: null, detail: detailOf(change) }, () =>
        near.changePolicy(change),
      )
      return near.policy()
    },
    explainCache: (request, caller, signal) => gateway.explainMemory(request, { caller, signal }),
  }
}

const detailOf = ({ mode, maxFalseHitRate, byClass = {} }: PolicyChange): AuditEntry['detail'] => ({
  ...(mode === undefined ? {} : { mode }),
  ...(maxFalseHitRate === undefined ? {} : { max_false_hit_rate: String(maxFalseHitRate) }),
  ...Object.fromEntries(Object.entries(byClass).map(([task, rate]) => [`by_class.${task}`, String(rate)])),
})

/** The policy as both faces write it. */
export const showPolicy = (policy: PolicyView | null) => ({
  available: policy !== null,
  mode: policy?.mode ?? null,
  max_false_hit_rate: policy?.maxFalseHitRate ?? null,
  by_class: policy?.byClass ?? {},
  classes: [...(policy?.classes ?? [])],
  similarity_threshold: policy?.similarityThreshold ?? null,
  evidence: (policy?.evidence ?? []).map(({ task, compared, differed, worstShare, broken }) => ({
    class: task,
    compared,
    differed,
    worst_share: worstShare,
    broken,
  })),
})

/** What memory would do, as both faces write it. */
export const showMemory = ({ bypass, exact, canonical, formMatters, task, near }: MemoryExplanation) => ({
  bypass,
  exact,
  canonical,
  form_matters: formMatters,
  task,
  near: near && {
    verdict: near.miss ?? 'hit',
    mode: near.mode,
    max_false_hit_rate: near.maxFalseHitRate,
    threshold: near.threshold,
    form: near.form,
    candidates: near.judged.map(({ entry, cosine, p, vetoes }) => ({
      entry_id: entry.id,
      similarity: cosine,
      p,
      vetoes: [...vetoes],
    })),
  },
})
