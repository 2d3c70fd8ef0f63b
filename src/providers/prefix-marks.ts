import type { ChatRequest } from '../contract/chat.ts'
import type { ProviderRow, RowFlags } from '../contract/provider.ts'
import type { Warn } from './warn.ts'

interface Taker {
  title: ProviderRow['title']
  wire: Pick<RowFlags, 'openaiExtras' | 'openrouterExtras'>
}

/** For wires other than Anthropic's: who takes neither way of marking what to cache tells so. */
export const warnAboutPrefixMarks = (request: ChatRequest, { wire, title }: Taker, warn: Warn): void => {
  const parts = request.messages.flatMap(({ content }) => content)
  const isBroken = parts.some((part) => part.type !== 'native' && part.promptCacheBreakpoint !== undefined)
  if (isBroken && !wire.openaiExtras)
    warn('dropped_parameter', 'prompt_cache_breakpoint', `${title} does not take prompt_cache_breakpoint.`)
  const calls = request.messages.flatMap((message) => (message.role === 'assistant' ? message.toolCalls : []))
  const isMarked = [...parts, ...request.tools, ...request.messages, ...calls].some(
    (part) => 'cacheControl' in part && part.cacheControl !== undefined,
  )
  if (isMarked && !wire.openrouterExtras)
    warn('dropped_parameter', 'cache_control', `${title} decides itself what it caches.`)
}
