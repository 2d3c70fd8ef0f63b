import type { ReasoningBlock } from '../../contract/chat.ts'

/** A block in the shape that clients send back in `reasoning_details`, for the provider that signed it. */
export const reasoningDetail = (block: ReasoningBlock, index: number) =>
  block.kind === 'redacted'
    ? { type: 'reasoning.encrypted', index, data: block.data }
    : { type: 'reasoning.text', index, text: block.text, signature: block.signature ?? null }

/** `reasoning_content` for people; `reasoning_details` only where something must come back unchanged. */
export const reasoningFields = (blocks: readonly ReasoningBlock[]) => {
  const text = blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('')
  const signed = blocks.some((block) => block.kind === 'redacted' || block.signature !== undefined)
  return {
    ...(text !== '' && { reasoning_content: text }),
    ...(signed && { reasoning_details: blocks.map(reasoningDetail) }),
  }
}
