import type { Content, GenerationConfig, SafetySetting, Tool, ToolConfig } from '@google/genai'
import { expect } from 'vitest'
import type { ChatRequest, ContentPart, Message } from '../../../src/contract/chat.ts'
import type { WireFlags } from '../../../src/contract/model.ts'
import type { RowFlags } from '../../../src/contract/provider.ts'
import { writeRequest } from '../../../src/providers/gemini/request.ts'
import { createCallSignatures } from '../../../src/providers/gemini/signatures.ts'
import { makeCall, makeCard, makeRequest, makeRow } from '../calls.ts'

/** A body of `generateContent` in the types of Google's own SDK. */
interface WireBody {
  contents: Content[]
  systemInstruction?: Content
  tools?: Tool[]
  toolConfig?: ToolConfig
  generationConfig?: GenerationConfig
  safetySettings?: SafetySetting[]
  cachedContent?: string
}

interface About {
  wire?: Partial<WireFlags>
  row?: Partial<RowFlags>
}

/** What the dialect sends for a request, and which parameters it warns about. */
export const write = (
  fields: Partial<ChatRequest> = {},
  { wire, row }: About = {},
  signatures = createCallSignatures(),
) => {
  const call = makeCall({
    request: makeRequest(fields),
    card: makeCard(wire ? { wire } : {}),
    row: makeRow({ title: 'Google', ...(row && { wire: row }) }),
  })
  const { body, warnings } = writeRequest(call, signatures)
  return {
    body,
    messages: warnings.map(({ message }) => message),
    warnings: warnings.map(({ code, param }) => `${code} ${param}`),
  }
}

/** Compares a written body with one that Google's types allow. */
export const expectBody = (body: unknown, expected: WireBody): void => expect(body).toEqual(expected)

/** The body of a request that says nothing but `Hi`, with this in its configuration. */
export const plainBody = (generationConfig?: GenerationConfig): WireBody => ({
  contents: hi,
  ...(generationConfig && { generationConfig }),
})

export const hi: Content[] = [{ role: 'user', parts: [{ text: 'Hi' }] }]

export const text = (words: string) => ({ type: 'text' as const, text: words })
export const user = (...said: (string | ContentPart)[]): Message => ({
  role: 'user',
  content: said.map((part) => (typeof part === 'string' ? text(part) : part)),
})
export const system = (words: string): Message => ({ role: 'system', content: [text(words)] })
export const says = (words: string, ...calls: { id: string; name?: string; signature?: string }[]): Message => ({
  role: 'assistant',
  content: words === '' ? [] : [text(words)],
  reasoning: [],
  toolCalls: calls.map(({ id, name = 'add', signature }) => ({
    id,
    name,
    argumentsJson: '{"a":1}',
    extra: signature === undefined ? undefined : { extra_content: { google: { thought_signature: signature } } },
  })),
})
export const result = (toolCallId: string, words: string, isError?: boolean): Message => ({
  role: 'tool',
  toolCallId,
  content: [text(words)],
  isError,
})
