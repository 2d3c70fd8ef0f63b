import type { News } from '../../contract/news.ts'
import type { Clock, Logger } from '../../contract/runtime.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { Note } from '../../contract/store.ts'
import { openNews as openSealed, sealNews } from '../entries/entry-news.ts'
import type { EntryNews } from '../entries/entry-news.ts'
import type { Vault } from '../entries/vault.ts'
import { openNews } from './news.ts'

interface EntryNewsOptions {
  redis: RedisSettings
  vault: Vault
  maxBytes: number
  /** Where the entries outlive the process: up to which message they are known; null elsewhere. */
  place: Note | null
  clock: Clock
  logger: Pick<Logger, 'warn'>
}

/** News of remembered answers. All of it is sealed under CACHE_KEY; what was sealed under another is passed over. */
export const openEntryNews = (options: EntryNewsOptions): News<EntryNews> & AsyncDisposable => {
  const { vault, clock, logger } = options
  let isSaid = false
  return openNews<EntryNews>({
    ...options,
    topic: 'entries',
    write: (news) => sealNews(vault, news),
    read: async (bytes) => {
      const news = openSealed(vault, bytes)
      if (!news && !isSaid) {
        isSaid = true
        logger.warn({}, 'another instance has another CACHE_KEY: what it remembers is not known here')
      }
      return news
    },
    mayDrop: ({ kind }) => kind === 'kept',
    inPlaceOf: () => ({ kind: 'removed', scope: null, ids: null, tag: null, atMs: clock.now() }),
  })
}
