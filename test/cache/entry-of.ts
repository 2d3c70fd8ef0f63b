import type { CacheEntry } from '../../src/contract/store.ts'
import { answerOf } from './answer-of.ts'

/** A remembered answer, with what a test says about it. */
export const entryOf = (said: Partial<CacheEntry> & { key: string }): CacheEntry => ({
  id: `ent_${said.key}`,
  canonicalKey: null,
  scope: 'key_ada',
  ownerId: 'key_ada',
  tags: [],
  createdAtMs: 0,
  expiresAtMs: 1000,
  staleUntilMs: said.expiresAtMs ?? 1000,
  near: null,
  bytes: 100,
  answer: answerOf(),
  ...said,
})
