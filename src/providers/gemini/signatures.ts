import type { ReasoningBlock, ToolCall } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import { objectOf, textOf } from '../shape.ts'
import { markSignature, unmarkSignature } from '../signature.ts'

const maker = 'gemini'

/** What Google lets stand for a signature that was never there: the call was made by another model. */
export const noSignature = Buffer.from('skip_thought_signature_validator').toString('base64')

/** A signature beside a tool call, where Google's OpenAI-compatible endpoint has it: either wire goes on with the other's. */
export const callExtra = (signature: string): JsonObject => ({
  extra_content: { google: { thought_signature: signature } },
})

const signatureInExtra = ({ extra }: ToolCall): string =>
  textOf(objectOf(objectOf(extra?.extra_content)?.google)?.thought_signature)

/** A thought's signature as callers see it. */
export const markThought = (signature: string): string => markSignature(maker, signature)

/** The signature of a thought that Gemini thought; null for another's, or for none. */
export const thoughtSignature = (block: ReasoningBlock): string | null =>
  block.kind === 'text' ? unmarkSignature(maker, block.signature) : null

/** Text has no field for a signature: callers see it as a thought of which nothing can be read. */
export const markText = (signature: string): string => markSignature(`${maker}-text`, signature)

/** The signature of the text that an assistant's turn ends with; the last that it carries, or null. */
export const textSignature = (blocks: readonly ReasoningBlock[]): string | null =>
  blocks
    .map((block) => (block.kind === 'redacted' ? unmarkSignature(`${maker}-text`, block.data) : null))
    .findLast((signature) => signature !== null) ?? null

/** Signatures of tool calls, for clients that do not give them back: MCP's, Anthropic's, and many of OpenAI's. */
export interface CallSignatures {
  note(id: string, signature: string): void
  /** What a call brought with it, else what was noted of it. */
  of(call: ToolCall): string | null
}

/** Enough for the open calls of every agent that one process serves; a signature has a few kilobytes. */
const mostNoted = 2_000

export const createCallSignatures = (): CallSignatures => {
  const noted = new Map<string, string>()
  return {
    note(id, signature) {
      noted.delete(id)
      noted.set(id, signature)
      const oldest = noted.keys().next()
      if (noted.size > mostNoted && oldest.done !== true) noted.delete(oldest.value)
    },
    of: (call) => signatureInExtra(call) || (noted.get(call.id) ?? null),
  }
}
