import { hash } from 'node:crypto'
import type { EmbeddingRequest, VectorsEvent } from '../contract/embedding.ts'
import type { CachedAnswer } from '../contract/store.ts'
import { canonicalJson } from '../lib/canonical.ts'
import { weighAdmission } from './admissible.ts'
import type { AnswerKind } from './kind.ts'

/** Changes with the meaning of a fingerprint. */
const version = 'embedding-1'

/** Vectors: the same input has the same ones at any time, so that everything may be remembered, and for long. */
export const vectorAnswers: AnswerKind<EmbeddingRequest, VectorsEvent> = {
  name: 'embeddings',
  judgeEligibility: ({ cache }) =>
    cache.read || cache.write ? { eligible: true, capMs: Infinity } : { eligible: false, reason: 'declined' },
  // As for chat: a new field of the request is in the key until somebody says otherwise.
  fingerprint: ({ request: { cache: _cache, tags: _tags, ...asked }, scope, simulated }) =>
    hash('sha256', canonicalJson({ version, scope, simulated, request: asked }), 'hex'),
  judgeAdmission: (answer, bounds) => {
    const isSubstituted = answer.warnings.some(({ code }) => code === 'model_substituted')
    return weighAdmission(answer, isSubstituted ? 'substituted' : null, bounds)
  },
  holds: (answer): answer is CachedAnswer<VectorsEvent> => answer.events.every(({ type }) => type === 'vectors'),
}
