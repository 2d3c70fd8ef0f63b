import type { KnownNames } from '../contract/routing-fields.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { errorInUnifiedWords, parseUnified, readUnified, showUnified } from '../gateway/unified.ts'
import { sendJson } from './error.ts'
import { contextOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { replyHeaders } from './gateway-object.ts'

interface UnifiedRoute {
  gateway: Gateway
  known: KnownNames
  readBody: (exchange: Exchange) => Promise<unknown>
}

/** `POST /unified_completion`: the body and the answer of the MCP tool of that name, for curl. */
export const createUnifiedRoute =
  ({ gateway, known, readBody }: UnifiedRoute) =>
  async (exchange: Exchange): Promise<void> => {
    const input = parseUnified(await readBody(exchange))
    const request = readUnified(input, known)
    const answer = await gateway.collect(request, contextOf(exchange, false)).catch((thrown: unknown) => {
      throw errorInUnifiedWords(thrown)
    })
    for (const [name, value] of Object.entries(replyHeaders(answer))) exchange.res.setHeader(name, value)
    sendJson(exchange.req, exchange.res, 200, showUnified(answer, input.json_schema !== undefined))
  }
