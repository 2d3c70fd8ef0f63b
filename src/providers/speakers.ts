import type { Message } from '../contract/chat.ts'
import type { Warn } from './warn.ts'

/** For wires without a name of who speaks, and without a detail in which an image is looked at. */
export const warnAboutSpeakers = (messages: readonly Message[], title: string, warn: Warn): void => {
  if (messages.some((message) => 'name' in message && message.name !== undefined))
    warn('dropped_parameter', 'messages', `${title} has no field for the name of who speaks.`)
  const parts = messages.flatMap(({ content }) => content)
  if (parts.some((part) => part.type === 'image' && part.detail !== undefined && part.detail !== 'auto'))
    warn('dropped_parameter', 'messages', `${title} looks at every image in the same detail.`)
}
