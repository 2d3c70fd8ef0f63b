import type { AnswerEvent, CacheChoice, ModelChoice, RequestLimits } from './chat.ts'
import type { VectorsEvent } from './embedding.ts'
import type { RawEvent } from './passthrough.ts'

/** What a request can ask for. Each has words of its own, and all take one journey. */
const operations = ['chat', 'embedding', 'passthrough'] as const
export type Operation = (typeof operations)[number]

/** What every request says, whatever it asks for. */
export interface Asked {
  model: ModelChoice
  limits: RequestLimits
  cache: CacheChoice
  /** The caller's own marks for its bill. */
  tags: { user?: string | undefined; metadata?: Record<string, string> | undefined }
}

/** What answers are made of: an answer has events of one operation only. */
export type Content = AnswerEvent | VectorsEvent | RawEvent
