import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Caller } from '../../../src/contract/caller.ts'
import type { GatewayError } from '../../../src/contract/errors.ts'
import type { Clock, Logger } from '../../../src/contract/runtime.ts'
import { createServer as createMcpServer } from '../../../src/mcp/server.ts'
import { createMcpHttpHandler } from '../../../src/mcp/transports.ts'
import { admin } from './gateway.ts'
import { createTestServices } from './services.ts'
import type { TestServices } from './services.ts'

export interface TestServer extends AsyncDisposable {
  url: string
  services: TestServices
  /** What was logged as an error. */
  errors: object[]
  /** Breaks off whatever runs, as a gateway that stops. */
  cut(reason: GatewayError): void
}

const user: Caller = { id: 'key_1', name: 'laptop', scope: 'use' }

/** The MCP face alone behind a plain HTTP server. `x-test-caller: user` calls without admin scope. */
export const serveMcp = async (
  options: { requestDeadlineMs?: number; maxBodyBytes?: number; clock?: Clock } = {},
): Promise<TestServer> => {
  const services = createTestServices()
  const errors: object[] = []
  const logger = createLogger(errors)
  const deps = { services, version: '1.2.3', clock: options.clock ?? { now: Date.now }, logger }
  const handle = createMcpHttpHandler({
    buildServer: (session) => createMcpServer(deps, session),
    logger,
    settings: {
      requestDeadlineMs: options.requestDeadlineMs ?? 30_000,
      maxBodyBytes: options.maxBodyBytes ?? 262_144,
      pingIntervalMs: 15_000,
    },
  })
  let count = 0
  const stopping = new AbortController()
  const server = createServer((req, res) => {
    const caller = req.headers['x-test-caller'] === 'user' ? user : admin
    const requestId = `req_${++count}`
    void handle(req, res, {
      caller,
      signal: stopping.signal,
      requestId,
      clientRequestId: null,
      traceId: null,
      hops: [],
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server.address())}/mcp`,
    services,
    errors,
    cut: (reason) => stopping.abort(reason),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const portOf = (address: AddressInfo | string | null): number => {
  if (typeof address !== 'object' || address === null) throw new Error('The test server has no port.')
  return address.port
}

export const createLogger = (errors: object[] = []): Logger => {
  const silent = (): void => undefined
  return { debug: silent, info: silent, warn: silent, error: (fields) => void errors.push(fields) }
}
