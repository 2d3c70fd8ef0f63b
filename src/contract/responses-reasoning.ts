import type { ReasoningBlock } from './chat.ts'

// A reasoning item of the Responses wire has one field for what must come back unchanged, `encrypted_content`; a thought
// of ours is signed text, or data that stands for one, or bare text, which is marked too: clients throw away thoughts
// without the field, and some models want theirs back all the same. What another service encrypted bears no mark.
const signed = 'signed:'
const redacted = 'redacted:'
const bare = 'unsigned:'

/** What a thought's item keeps for the model that thought it. */
export const sealThought = (block: ReasoningBlock): string => {
  if (block.kind === 'redacted') return redacted + block.data
  return block.signature === undefined ? bare : signed + block.signature
}

/** The thought of an item that came back; null where it holds none, or nobody here can read it. */
export const unsealThought = (text: string, encrypted: string | undefined): ReasoningBlock | null => {
  if (encrypted?.startsWith(redacted)) return { kind: 'redacted', data: encrypted.slice(redacted.length) }
  if (encrypted?.startsWith(signed)) return { kind: 'text', text, signature: encrypted.slice(signed.length) }
  return text === '' ? null : { kind: 'text', text }
}

/** Whether another service encrypted it. */
export const isForeignThought = (encrypted: string | undefined): boolean =>
  encrypted !== undefined && encrypted !== '' && ![signed, redacted, bare].some((mark) => encrypted.startsWith(mark))
