import { readMessagesBody } from '../../contract/anthropic-request.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { sendJson } from '../error.ts'
import { contextOf, headerOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import type { InboundWire } from '../inbound.ts'
import { errorInOwnWords } from '../own-words.ts'
import type { Rename } from '../own-words.ts'
import { anthropicError } from './error.ts'
import { createMessageEvents, ping } from './events.ts'
import { messageOf } from './message.ts'

/** `POST /v1/messages`. */
export const createMessagesWire = (known: KnownNames): InboundWire => ({
  read(body, { req }) {
    const { request, stream, warnings, effortField } = readMessagesBody(body, known, headerOf(req, 'cache-control'))
    return {
      request,
      stream,
      warnings,
      rename: renameBy(effortField),
      document: messageOf,
      frames: createMessageEvents,
    }
  },
  errorFrame: (error, requestId) => `event: error\ndata: ${JSON.stringify(anthropicError(error, requestId))}\n\n`,
  ping,
})

interface CountRoute {
  gateway: Pick<Gateway, 'count'>
  known: KnownNames
  readBody: (exchange: Exchange) => Promise<unknown>
}

/** `POST /v1/messages/count_tokens`: our own count, for any model. No provider is asked. */
export const createCountRoute =
  ({ gateway, known, readBody }: CountRoute) =>
  async (exchange: Exchange): Promise<void> => {
    const { request, effortField } = readMessagesBody(await readBody(exchange), known)
    try {
      const inputTokens = await gateway.count(request, contextOf(exchange, false))
      sendJson(exchange.req, exchange.res, 200, { input_tokens: inputTokens })
    } catch (thrown) {
      throw errorInOwnWords(thrown, renameBy(effortField))
    }
  }

const ownWords: Readonly<Record<string, string>> = {
  stop: 'stop_sequences',
  response_format: 'output_config.format',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  user: 'metadata.user_id',
}

/** The gateway's name of a field in Anthropic's words. Messages are counted otherwise here: theirs is the whole field. */
const renameBy =
  (effortField: string): Rename =>
  (param) => {
    const [field = ''] = /^\w+/.exec(param) ?? []
    if (field === 'reasoning_effort') return effortField
    if (field === 'messages') return field
    if (field === 'tools') return param.replace('.function', '').replace('.parameters', '.input_schema')
    return Object.hasOwn(ownWords, field) ? (ownWords[field] ?? param) : param
  }
