import type { Server } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { GatewayError } from '../contract/errors.ts'
import type { Arrival } from './exchange.ts'

/** A keep-alive socket that goes idle after one sweep would hold the server for seconds. */
const sweepMs = 100

/** What a cut answer gets to write its error event. */
const lastWordsMs = 1_000

/** Turns of the event loop without anything new after which nothing waits: one accepts a connection, the next reads it. */
const quietTurns = 3

/** Another instance, or the next start of this one, takes requests by then. */
const comeBackMs = 1_000

/** What a request is told that came too late, or took too long. */
export const shuttingDown = (): GatewayError =>
  new GatewayError('shutting_down', 'The gateway is shutting down.', { retryAfterMs: comeBackMs })

/** As many connections as wait to be accepted at most: Node's backlog of 511, one a turn. */
const maxTurns = 512

/**
 * Lets a server finish: no new connections, running requests go on for `drainMs`, then they are told that the gateway
 * shuts down, and a second later whatever is left is closed. Resolves when nothing is open.
 */
export const drainServer = async (server: Server, running: ReadonlySet<Arrival>, drainMs: number): Promise<void> => {
  await takeIn(server)
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const patience = setTimeout(() => {
    for (const arrival of running) arrival.cut(shuttingDown())
  }, drainMs)
  const end = setTimeout(() => server.closeAllConnections(), drainMs + lastWordsMs)
  await closed
  clearInterval(sweep)
  clearTimeout(patience)
  clearTimeout(end)
}

/**
 * Reads what clients have sent by now, to be refused in words: closing over unread bytes resets their connections, and
 * who waits to be accepted hears nothing at all.
 */
const takeIn = async (server: Server): Promise<void> => {
  let seen = 0
  const see = (): void => void (seen += 1)
  server.on('connection', see).on('request', see)
  for (let turn = 0, quiet = 0; quiet < quietTurns && turn < maxTurns; turn += 1) {
    const before = seen
    await nextTurn()
    quiet = seen === before ? quiet + 1 : 0
  }
  server.off('connection', see).off('request', see)
}
