import type { ReasoningBlock } from './chat.ts'

// A reasoning item of the Responses wire has one field for what must come back unchanged, `encrypted_content`; a thought
// of ours is signed text, or data that stands for one. What another service encrypted bears neither mark.
const signed = 'signed:'
const redacted = 'redacted:'

/** What a thought's item keeps for the model that thought it; null where there is nothing to give back. */
export const sealThought = (block: ReasoningBlock): string | null => {
  if (block.kind === 'redacted') return redacted + block.data
  return block.signature === undefined ? null : signed + block.signature
}

/** The thought of an item that came back; null where it holds none, or nobody here can read it. */
export const unsealThought = (text: string, encrypted: string | undefined): ReasoningBlock | null => {
  if (encrypted?.startsWith(redacted)) return { kind: 'redacted', data: encrypted.slice(redacted.length) }
  if (encrypted?.startsWith(signed)) return { kind: 'text', text, signature: encrypted.slice(signed.length) }
  return text === '' ? null : { kind: 'text', text }
}

/** Whether another service encrypted it. */
export const isForeignThought = (encrypted: string | undefined): boolean =>
  encrypted !== undefined && encrypted !== '' && !encrypted.startsWith(redacted) && !encrypted.startsWith(signed)
