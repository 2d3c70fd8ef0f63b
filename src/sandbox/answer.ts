import type { ToolCall } from '../contract/chat.ts'
import { callTools } from './call-tools.ts'
import { composeText } from './compose-text.ts'
import { segmentsOf, sumTokens } from './count-input.ts'
import { cutAtStop, cutToTokens, type CountTokens } from './cut.ts'
import { fitSchema } from './fit-schema.ts'
import { hashText } from './hash.ts'
import { readMaterial, type Material } from './material.ts'
import type { CachedInput, createPrefixCache } from './prefix-cache.ts'
import { lastAsk, type Prompt } from './prompt.ts'
import { reason } from './reason.ts'

export interface Choice {
  reasoning: string
  text: string
  toolCalls: readonly ToolCall[]
  finish: 'stop' | 'length' | 'tool_calls'
  /** The stop sequence that ended the text. */
  stopSequence: string | null
}

/** An answer, whichever wire it goes out by. */
export interface Answer {
  /** Unique within the sandbox: 24 letters and digits. */
  id: string
  createdAtMs: number
  choices: readonly Choice[]
  usage: {
    /** All input, cached or not. */
    inputTokens: number
    cached: CachedInput
    /** All output, reasoning included. */
    outputTokens: number
    reasoningTokens: number
  }
}

/** Answers a prompt: the same prompt gets the same words, always; only ids and time differ. */
export const answerPrompt = (
  prompt: Prompt,
  deps: { id: string; nowMs: number; countTokens: CountTokens; prefixCache: ReturnType<typeof createPrefixCache> },
): Answer => {
  const { id, nowMs, countTokens, prefixCache } = deps
  const material = readMaterial(lastAsk(prompt))
  const drafts = Array.from({ length: prompt.choices }, (_, index) =>
    limit(draftChoice(prompt, material, index, `${id}${index}`), prompt, countTokens),
  )
  const segments = segmentsOf(prompt, countTokens)
  const sum = (count: (draft: Measured) => number): number => drafts.reduce((total, draft) => total + count(draft), 0)
  return {
    id,
    createdAtMs: nowMs,
    choices: drafts.map(({ choice }) => choice),
    usage: {
      inputTokens: sumTokens(segments),
      cached: prefixCache.use(prompt.model, segments),
      outputTokens: sum(({ tokens }) => tokens),
      reasoningTokens: sum(({ reasoningTokens }) => reasoningTokens),
    },
  }
}

const draftChoice = (prompt: Prompt, material: Material, index: number, id: string): Choice => {
  const reasoning = reason(prompt, material)
  const calls = callTools(prompt, material)
  if (calls.length > 0) {
    const toolCalls = calls.map((call, at) => ({ id: hashText('call', id, String(at)).slice(0, 24), ...call }))
    return { reasoning, text: '', toolCalls, finish: 'tool_calls', stopSequence: null }
  }
  const { text, stopSequence } = cutAtStop(writeText(prompt, material, index), prompt.stop)
  return { reasoning, text, toolCalls: [], finish: 'stop', stopSequence }
}

const writeText = (prompt: Prompt, material: Material, index: number): string => {
  switch (prompt.format.type) {
    case 'text':
      return composeText(prompt, material, index)
    case 'json_object':
      return JSON.stringify({ simulated: true, model: prompt.model, answer: composeText(prompt, material, index) })
    case 'json_schema':
      return JSON.stringify(fitSchema(prompt.format.schema, material))
  }
}

interface Measured {
  choice: Choice
  tokens: number
  reasoningTokens: number
}

/** Spends the allowed tokens in the order in which a model writes: reasoning, text, tool calls. Where they end, it ends. */
const limit = (draft: Choice, prompt: Prompt, countTokens: CountTokens): Measured => {
  const most = prompt.maxOutputTokens ?? Number.POSITIVE_INFINITY
  let tokens = 0
  let full = false
  const spend = (text: string): string => {
    const kept = full ? '' : cutToTokens(text, most - tokens, countTokens)
    full ||= kept !== text
    tokens += countTokens(kept)
    return kept
  }

  const thought = cutToTokens(draft.reasoning, prompt.reasoningTokens ?? Number.POSITIVE_INFINITY, countTokens)
  const reasoning = spend(thought)
  const reasoningTokens = tokens
  const text = spend(draft.text)
  const toolCalls = draft.toolCalls.flatMap((call) => {
    const kept = spend(`${call.name} ${call.argumentsJson}`)
    // A call whose name was not finished is none.
    return kept.length > call.name.length ? [{ ...call, argumentsJson: kept.slice(call.name.length + 1) }] : []
  })
  const choice: Choice = { ...draft, reasoning, text, toolCalls }
  return { choice: full ? { ...choice, finish: 'length', stopSequence: null } : choice, tokens, reasoningTokens }
}
