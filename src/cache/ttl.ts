import type { Task } from '../contract/plan.ts'
import type { Random } from '../contract/runtime.ts'
import type { CacheSettings } from '../contract/settings.ts'

/** What is remembered, each with a life of its own. */
export type CacheKind = 'chat' | 'embeddings' | 'models'

type TtlSettings = Pick<CacheSettings, 'chatTtlMs' | 'taskTtlMs' | 'embeddingsTtlMs' | 'modelsTtlMs' | 'maxTtlMs'>

interface TtlWishes {
  /** As the caller says. */
  askedMs?: number | undefined
  /** The longest that the question allows. */
  capMs?: number | undefined
  task?: Task | null | undefined
  random?: Random
}

/** Answers that were made together are not to end together. */
const jitter = 0.1

/**
 * How long an entry lives, ms: as the caller asks, else as its kind does, give or take a tenth; never beyond the bounds. 0:
 * it is not kept.
 */
export const ttlOf = (kind: CacheKind, settings: TtlSettings, wishes: TtlWishes = {}): number => {
  const { askedMs, capMs = Infinity, task = null, random = () => 0.5 } = wishes
  const ownMs = askedMs ?? Math.round(defaultOf(kind, task, settings) * (1 - jitter + 2 * jitter * random()))
  return Math.max(0, Math.min(ownMs, settings.maxTtlMs, capMs))
}

const defaultOf = (kind: CacheKind, task: Task | null, settings: TtlSettings): number => {
  switch (kind) {
    case 'chat':
      return (task && settings.taskTtlMs[task]) ?? settings.chatTtlMs
    case 'embeddings':
      return settings.embeddingsTtlMs
    case 'models':
      return settings.modelsTtlMs
  }
}
