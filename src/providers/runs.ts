import type { Message } from '../contract/chat.ts'

export type SystemMessage = Extract<Message, { role: 'system' }>
export type AssistantMessage = Extract<Message, { role: 'assistant' }>
export type UserMessage = Extract<Message, { role: 'user' | 'tool' }>
type ToolMessage = Extract<Message, { role: 'tool' }>

/** What one side says until the other does. Tool results are said by the user's side. */
export type Run = { role: 'assistant'; messages: AssistantMessage[] } | { role: 'user'; messages: UserMessage[] }

const isSystem = (message: Message): message is SystemMessage => message.role === 'system'

/** The conversation and the instructions apart. `isMixed`: instructions stood within the conversation, not before it. */
export const splitSystem = (
  messages: readonly Message[],
): { system: SystemMessage[]; spoken: Exclude<Message, SystemMessage>[]; isMixed: boolean } => {
  const firstSpoken = messages.findIndex((message) => !isSystem(message))
  return {
    system: messages.filter(isSystem),
    spoken: messages.filter((message) => !isSystem(message)),
    isMixed: firstSpoken >= 0 && messages.slice(firstSpoken).some(isSystem),
  }
}

/** The conversation by turns: what one side says in several messages is one run. */
export const groupRuns = (messages: readonly Exclude<Message, SystemMessage>[]): Run[] => {
  const runs: Run[] = []
  for (const message of messages) {
    const last = runs.at(-1)
    if (message.role === 'assistant') {
      if (last?.role === 'assistant') last.messages.push(message)
      else runs.push({ role: 'assistant', messages: [message] })
    } else if (last?.role === 'user') last.messages.push(message)
    else runs.push({ role: 'user', messages: [message] })
  }
  return runs
}

/** A tool call that waits for its result: the id that its result names, and what the wire calls it. */
export interface OpenCall {
  id: string
  wireId: string
  name: string
}

/** What is said in place of a result that never came. */
export const missingResult = 'This call was given no result.'

/** What introduces a result whose call is not in the turn before it. */
export const strayResult = (toolCallId: string): string => `Result of the tool call ${toolCallId}, made elsewhere:`

/**
 * The results of a turn's calls, in the order of the calls, and whatever else the user's side says. A call without a
 * result has null; a result without a call is among the rest.
 */
export const pairResults = (
  messages: readonly UserMessage[],
  open: readonly OpenCall[],
): { results: { call: OpenCall; result: ToolMessage | null }[]; rest: UserMessage[] } => {
  const rest = [...messages]
  const results = open.map((call) => {
    const at = rest.findIndex((message) => message.role === 'tool' && message.toolCallId === call.id)
    const result = at < 0 ? undefined : rest.splice(at, 1)[0]
    return { call, result: result?.role === 'tool' ? result : null }
  })
  return { results, rest }
}
