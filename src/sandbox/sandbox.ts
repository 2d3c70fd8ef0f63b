import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Clock } from '../contract/runtime.ts'
import type { CountTokens } from './cut.ts'
import { completeFault, type Fault } from './fault.ts'
import { createJournal, type Journal, type SandboxRequest } from './journal.ts'
import { createOrderedFaults, type OrderedFaults } from './ordered-faults.ts'
import { play } from './play.ts'
import { createRespond } from './respond.ts'
import type { Pace, Score } from './score.ts'
import type { SandboxModel } from './wire.ts'

export interface SandboxOptions {
  /** Counts usage, and cuts at `max_tokens`. */
  countTokens: CountTokens
  /** @default the system's */
  clock?: Clock
  /** @default 127.0.0.1 */
  host?: string
  /** @default 0: any free port */
  port?: number
  /** Changes every id and every choice of words. @default 0 */
  seed?: number
  /** The models that exist; no others do. Unset: every name is a model, and the list shows one, `sandbox`. */
  models?: readonly SandboxModel[]
  /** @default 20 ms to the first token, 5 ms between two */
  pace?: Pace
  /** How many of the last requests the journal keeps. @default 100 */
  keepRequests?: number
  /** Asked first about every request. Null: the request is answered as it would be anyway. */
  direct?: (request: SandboxRequest) => Direction | null
}

/** What one request gets: a fault in its answer, or a score of somebody's own in its place. */
export type Direction = { fault: Fault } | { score: Score }

export interface Sandbox extends AsyncDisposable {
  /** Without a trailing slash. A provider's base URL is this, the row's name, and what its vendor puts before the endpoint. */
  url: string
  /** What was asked, oldest first. */
  requests: Journal['requests']
  until: Journal['until']
  setFault: OrderedFaults['set']
  /** Breaks off what is running and frees the port. */
  close(): Promise<void>
}

const maxBodyBytes = 32 * 1024 * 1024

/**
 * Starts the sandbox: a local server that speaks OpenAI's chat and Responses wires, Anthropic's messages and Google's Gemini
 * wire under any path prefix, in place of every provider. Answers are simulated, deterministic and say so; usage, limits, tools, schemas and errors are
 * as the real wires have them. A request may order its own fault with the header `x-sandbox-fault`.
 */
export const openSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { countTokens, clock = Date, host = '127.0.0.1', port = 0, direct } = options
  const journal = createJournal(options.keepRequests ?? 100)
  const faults = createOrderedFaults()
  const respond = createRespond({
    countTokens,
    clock,
    seed: options.seed ?? 0,
    models: options.models ?? null,
    pace: options.pace ?? { firstTokenMs: 20, betweenTokensMs: 5 },
  })
  const closing = new AbortController()

  const scoreFor = (request: SandboxRequest, bodyText: string | null): Score => {
    const direction = direct?.(request) ?? null
    if (direction !== null && 'score' in direction) return direction.score
    return respond(request, bodyText, direction === null ? faults.take(request) : completeFault(direction.fault))
  }

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const left = new AbortController()
    response.once('close', () => left.abort())
    const entry = journal.open(incoming)
    try {
      const bodyText = await readText(incoming)
      journal.arrived(entry, bodyText)
      await play(scoreFor(entry, bodyText), response, AbortSignal.any([left.signal, closing.signal]))
      journal.close(entry, false)
    } catch {
      // The caller left, or the sandbox closes: nobody is there to be told.
      journal.close(entry, !closing.signal.aborted)
      response.destroy()
    }
  }

  const server = createServer((incoming, response) => void handle(incoming, response))
  // Longer than clients keep an idle connection, so that none is closed just as a request is put on it.
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })

  const close = async (): Promise<void> => {
    closing.abort()
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server.address())}`,
    requests: journal.requests,
    until: journal.until,
    setFault: faults.set,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The body as text; null when it is too large, whose rest is then read and thrown away. */
const readText = async (incoming: IncomingMessage): Promise<string | null> => {
  const chunks: Buffer[] = []
  let bytes = 0
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBodyBytes) chunks.push(chunk)
  })
  await finished(incoming)
  return bytes <= maxBodyBytes ? Buffer.concat(chunks).toString('utf8') : null
}

const portOf = (address: ReturnType<ReturnType<typeof createServer>['address']>): number => {
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no TCP port.')
  return address.port
}
