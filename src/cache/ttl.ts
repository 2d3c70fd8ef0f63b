import type { CacheSettings } from '../contract/settings.ts'

/** What is remembered, each with a life of its own. */
export type CacheKind = 'chat' | 'embeddings' | 'models'

type TtlSettings = Pick<CacheSettings, 'chatTtlMs' | 'embeddingsTtlMs' | 'modelsTtlMs' | 'maxTtlMs'>

/** How long an entry lives, ms: as the caller asks, else as its kind does, never beyond the bounds. 0: it is not kept. */
export const ttlOf = (
  kind: CacheKind,
  settings: TtlSettings,
  { askedMs, capMs = Infinity }: { askedMs?: number | undefined; capMs?: number | undefined } = {},
): number => Math.max(0, Math.min(askedMs ?? defaultOf(kind, settings), settings.maxTtlMs, capMs))

const defaultOf = (kind: CacheKind, settings: TtlSettings): number => {
  switch (kind) {
    case 'chat':
      return settings.chatTtlMs
    case 'embeddings':
      return settings.embeddingsTtlMs
    case 'models':
      return settings.modelsTtlMs
  }
}
