import { GatewayError } from '../../contract/errors.ts'
import type { ChatRequest } from '../../contract/chat.ts'
import type { Served } from '../../contract/journey.ts'
import { readChatBody } from '../../contract/openai-request.ts'
import type { KnownNames } from '../../contract/routing-fields.ts'
import type { Clock, Logger } from '../../contract/runtime.ts'
import type { HttpSettings } from '../../contract/settings.ts'
import type { Gateway } from '../../gateway/gateway.ts'
import { errorBody, logError, sendJson } from '../error.ts'
import { openEventStream } from '../event-stream.ts'
import type { EventStream } from '../event-stream.ts'
import { contextOf, headerOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { createChunks, frame } from './chunk.ts'
import { servedHeaders } from './gateway-object.ts'
import { errorInOwnWords, warningsInOwnWords } from './own-words.ts'
import type { Spelling } from './own-words.ts'
import { chatCompletion, replyHeaders } from './reply.ts'

interface ChatRoute {
  gateway: Gateway
  known: KnownNames
  settings: Pick<HttpSettings, 'commitAfterMs' | 'pingIntervalMs' | 'requestDeadlineMs'>
  readBody: (exchange: Exchange) => Promise<unknown>
  clock: Clock
  logger: Logger
}

interface Asked {
  exchange: Exchange
  request: ChatRequest
  includeUsage: boolean
  spelling: Spelling
}

/** `POST /v1/chat/completions`: JSON, or server-sent events with `stream: true`. */
export const createChatRoute = ({ gateway, known, settings, readBody, clock, logger }: ChatRoute) => {
  const answerWhole = async ({ exchange, request, spelling }: Asked): Promise<void> => {
    const answer = await gateway.collect(request, contextOf(exchange, false))
    for (const [name, value] of Object.entries(replyHeaders(answer))) exchange.res.setHeader(name, value)
    const warnings = warningsInOwnWords(answer.warnings, spelling)
    sendJson(exchange.req, exchange.res, 200, chatCompletion({ ...answer, warnings }))
  }

  const commit = ({ res }: Exchange, served: Served | null): EventStream =>
    openEventStream(res, served ? servedHeaders(served) : {}, {
      pingIntervalMs: settings.pingIntervalMs,
      patienceMs: settings.requestDeadlineMs,
    })

  /** Waits for one event before the status is sent, so that refusals and dead providers get a true one; but not for ever. */
  const answerAsItComes = async ({ exchange, request, includeUsage, spelling }: Asked): Promise<void> => {
    await using events = gateway.complete(request, contextOf(exchange, true))
    const first = events.next()
    let out: EventStream | null = null
    try {
      if (!(await settlesWithin(first, settings.commitAfterMs))) out = commit(exchange, null)
      const { value: start } = await first
      if (start?.type !== 'start') throw incomplete()
      out ??= commit(exchange, start.served)

      const createdS = Math.floor(clock.now() / 1000)
      const chunks = createChunks(start.served, { createdS, includeUsage })
      out.write(chunks.open())
      for await (const event of events) {
        if (event.type === 'start') throw incomplete()
        if (event.type === 'end')
          return out.end(chunks.end({ ...event, warnings: warningsInOwnWords(event.warnings, spelling) }))
        out.write(chunks.write(event))
        if (out.full) await out.drained(exchange.signal)
      }
      throw incomplete()
    } catch (thrown) {
      if (!out) throw thrown
      breakOff(exchange, out, errorInOwnWords(thrown, spelling))
    }
  }

  /** After the status only the stream itself can tell: an error event, which official clients raise, and no `[DONE]`. */
  const breakOff = ({ res, requestId }: Exchange, out: EventStream, error: GatewayError): void => {
    logError(logger, error, requestId)
    if (error.code === 'caller_left') res.destroy()
    else out.end(frame(errorBody(error, requestId)))
  }

  return async (exchange: Exchange): Promise<void> => {
    const cacheControl = headerOf(exchange.req, 'cache-control')
    const { stream, ...read } = readChatBody(await readBody(exchange), known, cacheControl)
    try {
      await (stream ? answerAsItComes : answerWhole)({ exchange, ...read })
    } catch (thrown) {
      throw errorInOwnWords(thrown, read.spelling)
    }
  }
}

const incomplete = (): GatewayError => new GatewayError('provider_cut', 'The answer ended before it was complete.')

/** Whether a promise settles, either way, within a time; a rejection stays for whoever awaits the promise. */
const settlesWithin = async (promise: Promise<unknown>, ms: number): Promise<boolean> => {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(resolve, ms, false)
  const settled = (): boolean => true
  try {
    return await Promise.race([promise.then(settled, settled), late])
  } finally {
    clearTimeout(timer)
  }
}
