import type { Server } from 'node:http'
import { GatewayError } from '../contract/errors.ts'
import type { Arrival } from './exchange.ts'

/** A keep-alive socket that goes idle after one sweep would hold the server for seconds. */
const sweepMs = 100

/** What a cut answer gets to write its error event. */
const lastWordsMs = 1_000

/**
 * Lets a server finish: no new connections, running requests go on for `drainMs`, then they are told that the gateway
 * shuts down, and a second later whatever is left is closed. Resolves when nothing is open.
 */
export const drainServer = async (server: Server, running: ReadonlySet<Arrival>, drainMs: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const patience = setTimeout(() => {
    for (const arrival of running) arrival.cut(new GatewayError('shutting_down', 'The gateway is shutting down.'))
  }, drainMs)
  const end = setTimeout(() => server.closeAllConnections(), drainMs + lastWordsMs)
  await closed
  clearInterval(sweep)
  clearTimeout(patience)
  clearTimeout(end)
}
