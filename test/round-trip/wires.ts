import type { ChatRequest } from '../../src/contract/chat.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import { readMessagesBody } from '../../src/contract/anthropic-request.ts'
import { readCompletionsBody } from '../../src/contract/completions-request.ts'
import { readChatBody } from '../../src/contract/openai-request.ts'
import type { UpstreamCall } from '../../src/contract/provider.ts'
import { readResponsesBody } from '../../src/contract/responses-request.ts'
import { writeRequest as toAnthropic } from '../../src/providers/anthropic/request.ts'
import { writeRequest as toGemini } from '../../src/providers/gemini/request.ts'
import { createCallSignatures } from '../../src/providers/gemini/signatures.ts'
import { writeRequest as toChat } from '../../src/providers/openai-chat/request.ts'
import { writeRequest as toResponses } from '../../src/providers/openai-responses/request.ts'
import { readChat, writeChat } from './chat.ts'
import { readCompletions, writeCompletions } from './completions.ts'
import { readGemini } from './gemini.ts'
import type { Meaning } from './meaning.ts'
import { readMessages, writeMessages } from './messages.ts'
import { readResponses, writeResponses } from './responses.ts'

export type WireName = 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini'

/** Bodies are JSON; each reader and writer has the types of its vendor's SDK. */
const jsonOf = (body: unknown): JsonObject => JSON.parse(JSON.stringify(body))
const typed = <Body>(body: JsonObject): Body => body as unknown as Body

/** A wire that clients speak to the gateway; it has no face that speaks Gemini's. */
type FaceName = Exclude<WireName, 'gemini'> | 'openai-completions'
export type SpokenName = WireName | FaceName

/** What a body means, and how clients say it. */
export const spoken: Readonly<
  Record<SpokenName, { read: (body: JsonObject) => Meaning }> &
    Record<FaceName, { write: (meaning: Meaning) => JsonObject }>
> = {
  'openai-chat': { write: (meaning) => jsonOf(writeChat(meaning)), read: (body) => readChat(typed(body)) },
  'openai-responses': {
    write: (meaning) => jsonOf(writeResponses(meaning)),
    read: (body) => readResponses(typed(body)),
  },
  anthropic: { write: (meaning) => jsonOf(writeMessages(meaning)), read: (body) => readMessages(typed(body)) },
  'openai-completions': {
    write: (meaning) => jsonOf(writeCompletions(meaning)),
    read: (body) => readCompletions(typed(body)),
  },
  gemini: { read: (body) => readGemini(typed(body)) },
}

const known = { providers: new Set<string>() }

/** The gateway's faces: how each reads a body. */
export const faces: Readonly<Record<FaceName, (body: JsonObject) => ChatRequest>> = {
  'openai-chat': (body) => readChatBody(body, known).request,
  'openai-responses': (body) => readResponsesBody(body, known).request,
  anthropic: (body) => readMessagesBody(body, known).request,
  'openai-completions': (body) => readCompletionsBody(body, known).request,
}

interface Written {
  body: JsonObject
  warnings: { param: string }[]
}

/** The gateway's dialects: what each sends. */
export const dialects: Readonly<Record<WireName, (call: UpstreamCall) => Written>> = {
  'openai-chat': toChat,
  'openai-responses': toResponses,
  anthropic: toAnthropic,
  gemini: (call) => toGemini(call, createCallSignatures()),
}
