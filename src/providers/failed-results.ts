import type { Message } from '../contract/chat.ts'
import type { Warn } from './warn.ts'

/** For wires without a mark for a tool that failed: its result goes as any other, and the caller is told. */
export const warnAboutFailedResults = (messages: readonly Message[], title: string, warn: Warn): void => {
  if (messages.some((message) => message.role === 'tool' && message.isError === true))
    warn(
      'changed_parameter',
      'messages',
      `${title} has no mark for a tool that failed: its result was sent as any other.`,
    )
}
