import type { ToolCall } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import { objectOf, parseJson } from './shape.ts'
import type { Warn } from './warn.ts'

/** A call's arguments for a wire on which they are an object: text that is none is carried in one. */
export const readArguments = ({ name, argumentsJson }: ToolCall, warn: Warn): JsonObject => {
  const read = objectOf(parseJson(argumentsJson.trim() || '{}'))
  if (read) return read
  warn('changed_parameter', 'messages', `The arguments of a call of ${name} are no JSON object: sent as a text in one.`)
  return { text: argumentsJson }
}
