import type { ChatRequest } from '../contract/chat.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { Warn } from './warn.ts'

/** Tells a caller who marked what to cache that the marks are not for this provider. */
export const warnAboutCacheMarks = (request: ChatRequest, { title }: ProviderRow, warn: Warn): void => {
  const isMarked = [...request.messages.flatMap(({ content }) => content), ...request.tools].some(
    (part) => 'cacheControl' in part && part.cacheControl !== undefined,
  )
  if (isMarked) warn('dropped_parameter', 'cache_control', `${title} decides itself what it caches.`)
}
