import type { ContentPart, Effort, ImagePart, Message, ResponseFormat, Tool, ToolChoice } from '../contract/chat.ts'

/** What a request asks for, whichever wire it came by. */
export interface Prompt {
  model: string
  messages: readonly Message[]
  tools: readonly Tool[]
  toolChoice: ToolChoice
  parallelToolCalls: boolean
  format: ResponseFormat
  maxOutputTokens: number | null
  stop: readonly string[]
  choices: number
  seed: number
  effort: Effort
  /** Most tokens that may go into reasoning; null: no bound of its own. */
  reasoningTokens: number | null
}

/** All text of a message, parts joined by line breaks. */
const textOf = ({ content }: { content: readonly ContentPart[] }): string =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')

/** What the user said last. */
export const lastAsk = (prompt: Prompt): string => {
  const message = prompt.messages.findLast(({ role }) => role === 'user')
  return message === undefined ? '' : textOf(message)
}

/** Images that came with the user's last message. */
export const lastImages = (prompt: Prompt): readonly ImagePart[] => {
  const message = prompt.messages.findLast(({ role }) => role === 'user')
  return (message?.content ?? []).filter((part): part is ImagePart => part.type === 'image')
}

/** The results that the conversation ends with; empty when it does not end with tool results. */
export const toolResults = (prompt: Prompt): readonly { name: string; text: string; failed: boolean }[] => {
  const lastOther = prompt.messages.findLastIndex(({ role }) => role !== 'tool')
  const names = new Map(
    prompt.messages.flatMap((message) =>
      message.role === 'assistant' ? message.toolCalls.map((call) => [call.id, call.name] as const) : [],
    ),
  )
  return prompt.messages.slice(lastOther + 1).flatMap((message) =>
    message.role === 'tool'
      ? [
          {
            name: names.get(message.toolCallId) ?? message.toolCallId,
            text: textOf(message),
            failed: message.isError === true,
          },
        ]
      : [],
  )
}
