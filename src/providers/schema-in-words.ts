import type { Message } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'

/**
 * Tells a schema that the wire does not take in words, in the first system turn: many chat templates take only one, at
 * the start.
 */
export const tellSchema = (messages: readonly Message[], schema: JsonObject): Message[] => {
  const text = `Answer with one JSON value that fits this JSON schema, and nothing else:\n${JSON.stringify(schema)}`
  const [first, ...rest] = messages
  const said = { type: 'text' as const, text }
  if (first?.role === 'system') return [{ ...first, content: [...first.content, said] }, ...rest]
  return [{ role: 'system', content: [said] }, ...messages]
}
