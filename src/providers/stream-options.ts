import type { JsonObject } from '../contract/json.ts'
import { objectOf } from './shape.ts'
import type { Warn } from './warn.ts'

/**
 * What the caller asked of the stream beside its usage, which the gateway sees to by itself. OpenAI's padding against
 * listeners on the line goes as far as the gateway, whose own streams have none: who asks for it is told.
 */
export const readStreamOptions = (
  extra: JsonObject,
  warn: Warn,
): { padding: JsonObject; others: Readonly<JsonObject> } => {
  const { include_obfuscation: padded, ...others } = objectOf(extra.stream_options) ?? {}
  if (padded === true)
    warn('dropped_parameter', 'stream_options.include_obfuscation', "The gateway's own streams are not padded.")
  return { padding: padded === undefined ? {} : { include_obfuscation: padded }, others }
}
