import { serveStdio } from '../../../src/mcp/transports.ts'
import { createLogger } from './serve.ts'
import { createTestServices } from './services.ts'

/** A program that speaks MCP over its standard input and output, to be started by a client. */
let count = 0
await serveStdio({
  services: createTestServices(),
  version: '1.2.3',
  clock: { now: Date.now },
  logger: createLogger(),
  newRequestId: () => `req_${++count}`,
  maxMessageBytes: 1_000_000,
  signal: new AbortController().signal,
})
