import type { ContentPart, Message } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import { canonicalJson } from '../lib/canonical.ts'
import type { CountTokens } from './cut.ts'
import type { Prompt } from './prompt.ts'

/** A stretch of a prompt, in the order in which providers cache: tools, system, conversation. */
export interface Segment {
  /** Equal exactly where the content is. */
  text: string
  tokens: number
  /** The caller asked for the prompt to be cached up to the end of this stretch. */
  breakpoint: '5m' | '1h' | null
}

const tokensPerMessage = 3
const tokensPerTool = 8
/** The reply's own opening, counted as input. */
const tokensForReply = 3
/** OpenAI's figures for a low-detail image, and for a 1024 × 1024 one at high detail (85 + 4 tiles of 170). */
const tokensPerImage = { low: 85, high: 765 }

/** What a prompt is made of, with its price in tokens: each text as the tokenizer says, and fixed frames around it. */
export const segmentsOf = (prompt: Prompt, countTokens: CountTokens): readonly Segment[] => {
  const tools = prompt.tools.map(({ cacheControl, ...tool }): Segment => {
    const text = canonicalJson(tool)
    return { text, tokens: countTokens(text) + tokensPerTool, breakpoint: breakpointOf(cacheControl) }
  })
  const format = prompt.format.type === 'json_schema' ? [segment(canonicalJson(prompt.format.schema), countTokens)] : []
  const system = prompt.messages.filter(({ role }) => role === 'system')
  const rest = prompt.messages.filter(({ role }) => role !== 'system')
  return [...tools, ...format, ...[...system, ...rest].flatMap((message) => segmentsOfMessage(message, countTokens))]
}

export const sumTokens = (segments: readonly Segment[]): number =>
  segments.reduce((sum, { tokens }) => sum + tokens, tokensForReply)

const segmentsOfMessage = (message: Message, countTokens: CountTokens): Segment[] => {
  const head: Segment = { text: message.role, tokens: tokensPerMessage, breakpoint: null }
  const parts = message.content.map((part): Segment => segmentOfPart(part, countTokens))
  const own =
    message.role === 'assistant'
      ? [
          ...message.reasoning.map((block) => (block.kind === 'text' ? block.text : block.data)),
          ...message.toolCalls.map((call) => `${call.name} ${call.argumentsJson}`),
        ]
      : message.role === 'tool'
        ? [message.toolCallId]
        : []
  return [head, ...own.map((text) => segment(text, countTokens)), ...parts]
}

const segmentOfPart = (part: ContentPart, countTokens: CountTokens): Segment => {
  switch (part.type) {
    case 'text':
      return segment(part.text, countTokens, part.cacheControl)
    case 'image':
      return {
        text: canonicalJson(part.source),
        tokens: part.detail === 'low' ? tokensPerImage.low : tokensPerImage.high,
        breakpoint: breakpointOf(part.cacheControl),
      }
    case 'native':
      return segment(canonicalJson(part.value), countTokens)
  }
}

const segment = (text: string, countTokens: CountTokens, cacheControl?: JsonObject): Segment => ({
  text,
  tokens: countTokens(text),
  breakpoint: breakpointOf(cacheControl),
})

const breakpointOf = (cacheControl: JsonObject | undefined): Segment['breakpoint'] => {
  if (cacheControl === undefined) return null
  return cacheControl['ttl'] === '1h' ? '1h' : '5m'
}
