import type { AnswerEvent, ChatRequest, Warning } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Answer, GatewayEvent, Served } from '../contract/journey.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { HttpSettings } from '../contract/settings.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { logError, sendJson } from './error.ts'
import { openEventStream } from './event-stream.ts'
import type { EventStream } from './event-stream.ts'
import { contextOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { replyHeaders, servedHeaders } from './gateway-object.ts'
import { errorInOwnWords, warningsInOwnWords } from './own-words.ts'
import type { Rename } from './own-words.ts'

/** What an answer ends with. */
export type End = Extract<GatewayEvent, { type: 'end' }>

/** Says an answer as server-sent events: what each part of it is on the wire, as text that is sent as it is. */
export interface Frames {
  open(): string
  write(event: AnswerEvent): string
  end(end: End): string
  /** A failure after it began, where the wire has more to say of it than `errorFrame`. */
  fail?(error: GatewayError): string
}

/** A request as it came by one wire, and how its answer is said there. */
export interface Asked {
  request: ChatRequest
  stream: boolean
  /** What the reading left out, in the caller's words; told beside what the provider leaves out. */
  warnings?: readonly Warning[]
  /** The gateway's name of a field (`max_tokens`) in the words of who sent it. */
  rename: Rename
  /** The answer in one piece. */
  document(answer: Answer): unknown
  /** The answer as it comes; `createdS`: the time by which the wire dates it, seconds since 1970. */
  frames(served: Served, createdS: number): Frames
}

/** A wire that callers speak: all of them lead to the one journey. */
export interface InboundWire {
  /** @throws GatewayError invalid_request, whose `param` is the caller's path of the field at fault */
  read(body: unknown, exchange: Exchange): Asked
  /** An error after the status was sent: the event that official clients raise. */
  errorFrame(error: GatewayError, requestId: string): string
  /** What keeps a silent stream alive; a comment where the wire has no event for it. */
  ping?: string
}

interface InboundRoute {
  wire: InboundWire
  gateway: Gateway
  settings: Pick<HttpSettings, 'commitAfterMs' | 'pingIntervalMs' | 'requestDeadlineMs'>
  readBody: (exchange: Exchange) => Promise<unknown>
  clock: Clock
  logger: Logger
}

/** A route that answers requests of one wire: JSON, or server-sent events where they are asked for. */
export const createInboundRoute = ({ wire, gateway, settings, readBody, clock, logger }: InboundRoute) => {
  const answerWhole = async (
    exchange: Exchange,
    { request, rename, document, warnings: read = [] }: Asked,
  ): Promise<void> => {
    const answer = await gateway.collect(request, contextOf(exchange, false))
    for (const [name, value] of Object.entries(replyHeaders(answer))) exchange.res.setHeader(name, value)
    const warnings = [...read, ...warningsInOwnWords(answer.warnings, rename)]
    sendJson(exchange.req, exchange.res, 200, document({ ...answer, warnings }))
  }

  const commit = ({ res }: Exchange, served: Served | null): EventStream =>
    openEventStream(res, served ? servedHeaders(served) : {}, {
      pingIntervalMs: settings.pingIntervalMs,
      patienceMs: settings.requestDeadlineMs,
      ping: wire.ping,
    })

  /** Waits for one event before the status is sent, so that refusals and dead providers get a true one; but not for ever. */
  const answerAsItComes = async (exchange: Exchange, asked: Asked): Promise<void> => {
    const { request, rename, frames, warnings: read = [] } = asked
    await using events = gateway.complete(request, contextOf(exchange, true))
    const first = events.next()
    let out: EventStream | null = null
    let answer: Frames | null = null
    try {
      if (!(await settlesWithin(first, settings.commitAfterMs))) out = commit(exchange, null)
      const { value: start } = await first
      if (start?.type !== 'start') throw incomplete()
      out ??= commit(exchange, start.served)

      answer = frames(start.served, Math.floor(clock.now() / 1000))
      out.write(answer.open())
      for await (const event of events) {
        if (event.type === 'start') throw incomplete()
        if (event.type === 'end') {
          const warnings = [...read, ...warningsInOwnWords(event.warnings, rename)]
          return out.end(answer.end({ ...event, warnings }))
        }
        out.write(answer.write(event))
        if (out.full) await out.drained(exchange.signal)
      }
      throw incomplete()
    } catch (thrown) {
      if (!out) throw thrown
      const error = errorInOwnWords(thrown, rename)
      breakOff(exchange, out, error, answer?.fail?.(error))
    }
  }

  /** After the status only the stream itself can tell: by an error event, and without the one that ends a whole answer. */
  const breakOff = ({ res, requestId }: Exchange, out: EventStream, error: GatewayError, said?: string): void => {
    logError(logger, error, requestId)
    if (error.code === 'caller_left') res.destroy()
    else out.end(said ?? wire.errorFrame(error, requestId))
  }

  return async (exchange: Exchange): Promise<void> => {
    const asked = wire.read(await readBody(exchange), exchange)
    try {
      await (asked.stream ? answerAsItComes : answerWhole)(exchange, asked)
    } catch (thrown) {
      throw errorInOwnWords(thrown, asked.rename)
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
