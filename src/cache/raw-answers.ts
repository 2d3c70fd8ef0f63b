import { hash } from 'node:crypto'
import { bareEndpoint, findEndpoints } from '../contract/endpoints.ts'
import type { PassthroughRequest, RawEvent } from '../contract/passthrough.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { canonicalJson } from '../lib/canonical.ts'
import { weighAdmission } from './admissible.ts'
import type { AnswerKind } from './kind.ts'

/** Changes with the meaning of a fingerprint. */
const version = 'passthrough-1'

/** Replies of native endpoints, remembered where the same question has the same answer or the caller says so. */
export const rawAnswers: AnswerKind<PassthroughRequest, RawEvent> = {
  name: 'chat',
  judgeEligibility: ({ method, endpoint, body, cache }) => {
    if (!cache.read && !cache.write) return { eligible: false, reason: 'declined' }
    if (cache.force) return { eligible: true, capMs: Infinity }
    const isDeterministic = findEndpoints(method, endpoint).every((known) => known.isDeterministic)
    return isDeterministic || body?.['temperature'] === 0
      ? { eligible: true, capMs: Infinity }
      : { eligible: false, reason: 'temperature' }
  },
  // The caller's very words: what the gateway has not read, it cannot leave out.
  fingerprint: ({ request: { model, method, endpoint, asEvents, body, headers }, scope, simulated }) => {
    const asked = { model, method, endpoint: bareEndpoint(endpoint), asEvents, body, headers }
    return hash('sha256', canonicalJson({ version, scope, simulated, asked }), 'hex')
  },
  judgeAdmission: (answer, bounds) => weighAdmission(answer, null, bounds),
  holds: (answer): answer is CachedAnswer<RawEvent> =>
    answer.events.every(({ type }) => type === 'head' || type === 'bytes'),
}
