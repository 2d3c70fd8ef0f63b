import type { ChatRequest, Message } from '../contract/chat.ts'

/**
 * The text in which two requests may differ and still ask the same: the last message, where that is the user's and nothing
 * but one text. Null where there is none.
 */
export const questionOf = ({ messages }: ChatRequest): string | null => {
  const last = messages.at(-1)
  if (last?.role !== 'user') return null
  const [part, ...more] = last.content
  return part?.type === 'text' && more.length === 0 && part.text.trim() !== '' ? part.text : null
}

/** What was said before the question. */
export const historyOf = ({ messages }: ChatRequest): readonly Message[] => messages.slice(0, -1)
