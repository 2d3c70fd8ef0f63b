import { healthNews } from '../../contract/news.ts'
import type { HealthNews, News } from '../../contract/news.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import { openNews } from './news.ts'

/** Whatever is older than some hundred messages is over. */
const maxBytes = 1 << 16

/** What instances learn of providers. Nothing of what anybody asked or was answered is in it. */
export const openHealthNews = (redis: RedisSettings): News<HealthNews> & AsyncDisposable =>
  openNews<HealthNews>({
    redis,
    topic: 'health',
    maxBytes,
    write: async (news) => Buffer.from(JSON.stringify(news)),
    read: async (text) => healthNews.safeParse(JSON.parse(text.toString())).data ?? null,
    mayDrop: () => true,
  })
