import { GatewayError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import { objectOf, parseJson } from '../shape.ts'
import type { ServerSentEvent } from './sse.ts'

/**
 * The JSON object that an event of a stream carries. An `error` event that carries none is an error all the same.
 * @throws GatewayError provider_bad_reply; provider_cut where the stream ended within the event
 */
export const readChunk = ({ event, data, cut }: ServerSentEvent, row: ProviderRow): JsonObject => {
  const value = parseJson(data)
  // Google's errors may come in a list.
  const chunk = objectOf(Array.isArray(value) ? value[0] : value)
  if (event === 'error') return chunk?.error === undefined ? { error: chunk ?? data } : chunk
  if (chunk) return chunk
  const detail = { provider: row.id }
  if (cut) throw new GatewayError('provider_cut', `${row.title} broke off within an event of its answer.`, detail)
  throw new GatewayError('provider_bad_reply', `${row.title} sent an event that is no JSON object.`, detail)
}
