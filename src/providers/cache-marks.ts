import type { ChatRequest } from '../contract/chat.ts'
import type { ProviderRow } from '../contract/provider.ts'
import type { Warn } from './warn.ts'

/** Tells a caller who marked what to cache, in Anthropic's words, that the marks are not for this provider. */
export const warnAboutCacheControl = ({ messages, tools }: ChatRequest, { title }: ProviderRow, warn: Warn): void => {
  const marked = [...messages.flatMap(({ content }) => content), ...tools]
  if (marked.some((part) => 'cacheControl' in part && part.cacheControl !== undefined))
    warn('dropped_parameter', 'cache_control', `${title} decides itself what it caches.`)
}

/** The same for OpenAI's. */
export const warnAboutBreakpoints = ({ messages }: ChatRequest, { title }: ProviderRow, warn: Warn): void => {
  const parts = messages.flatMap(({ content }) => content)
  if (parts.some((part) => part.type !== 'native' && part.promptCacheBreakpoint !== undefined))
    warn('dropped_parameter', 'prompt_cache_breakpoint', `${title} does not take prompt_cache_breakpoint.`)
}
