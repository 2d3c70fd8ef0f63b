import type { LanguageModelV4Content, LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider'
import type { Folded, FoldedChoice } from '../providers/fold.ts'

/** What somebody read in a reply, in words that the gateway and the AI SDK share. */
export interface Reading {
  text: string
  /** Without the gaps between paragraphs, which nobody's wire tells. */
  reasoning: string
  tools: { name: string; arguments: unknown }[]
  finish: string
  /** Null: nothing was counted. */
  usage: ReadUsage | null
}

export interface ReadUsage {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
}

const nothing: FoldedChoice = { text: '', refusal: '', reasoning: [], toolCalls: [], logprobs: [], finish: null }

/** What our dialect read: of several answers the first, as the AI SDK knows no others. */
export const oursOf = ({ choices: [choice = nothing], usage }: Folded): Reading => ({
  text: choice.text,
  reasoning: gapless(choice.reasoning.map((block) => (block.kind === 'text' ? block.text : ''))),
  tools: choice.toolCalls.map(({ name, argumentsJson }) => ({ name, arguments: parse(argumentsJson) })),
  finish: choice.finish?.reason ?? 'none',
  usage: usage && {
    input: usage.inputTokens,
    cacheRead: usage.cacheReadTokens,
    cacheWrite: usage.cacheWriteTokens + usage.cacheWrite1hTokens,
    output: usage.outputTokens,
    reasoning: usage.reasoningTokens,
  },
})

/** What a provider of the AI SDK read. Calls that the model's provider carries out itself are not the caller's. */
export const theirsOf = (reply: {
  content: readonly LanguageModelV4Content[]
  finishReason: LanguageModelV4FinishReason
  usage: LanguageModelV4Usage
}): Reading => ({
  text: reply.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  reasoning: gapless(reply.content.map((part) => (part.type === 'reasoning' ? part.text : ''))),
  tools: reply.content.flatMap((part) =>
    part.type === 'tool-call' && part.providerExecuted !== true
      ? [{ name: part.toolName, arguments: parse(part.input) }]
      : [],
  ),
  finish: reply.finishReason.unified.replace('-', '_'),
  usage: usageOf(reply.usage),
})

const gapless = (texts: readonly string[]): string => texts.join('').replaceAll('\n\n', '')

const usageOf = ({ inputTokens, outputTokens }: LanguageModelV4Usage): ReadUsage | null =>
  inputTokens.total === undefined && outputTokens.total === undefined
    ? null
    : {
        input: inputTokens.total ?? Number.NaN,
        cacheRead: inputTokens.cacheRead ?? 0,
        cacheWrite: inputTokens.cacheWrite ?? 0,
        output: outputTokens.total ?? Number.NaN,
        reasoning: outputTokens.reasoning ?? 0,
      }

/** Arguments as JSON, where they are: none at all are an empty object, and broken ones stay text. */
const parse = (text: string): unknown => {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
