import { McpServer } from '@modelcontextprotocol/server'
import { createMcpHttpHandler } from '../../../src/mcp/transports.ts'
import { startHttp } from '../../http/start-http.ts'
import { createLogger } from '../support/serve.ts'
import { askingCodec, registerAsking } from './fixture-asking.ts'
import { registerPrompts } from './fixture-prompts.ts'
import { registerResources } from './fixture-resources.ts'
import { registerTools } from './fixture-tools.ts'

/**
 * What the conformance suite calls, behind the gateway's own door and transport: the guards, the deadline, the refusal of
 * batches and the serving of both eras are those of production; only what is registered is the suite's.
 */
export const startFixture = async (): Promise<{ url: string } & AsyncDisposable> => {
  const handle = createMcpHttpHandler({
    buildServer,
    logger: createLogger(),
    settings: { maxBodyBytes: 100_000, requestDeadlineMs: 10_000, pingIntervalMs: 15_000 },
  })
  const http = await startHttp({ mcp: ({ req, res, ...context }) => handle(req, res, context) })
  return { url: `${http.url}/mcp`, [Symbol.asyncDispose]: http.drain }
}

const buildServer = (): McpServer => {
  const server = new McpServer(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: {
        logging: {},
        completions: {},
        tools: { listChanged: false },
        prompts: { listChanged: false },
        resources: { listChanged: false },
      },
      // In the 2025 era asking means a request to the client, and a stateless server would wait for ever for its answer.
      inputRequired: { legacyShim: false },
      requestState: { verify: askingCodec.verify },
    },
  )
  registerTools(server)
  registerAsking(server)
  registerResources(server)
  registerPrompts(server)
  return server
}
