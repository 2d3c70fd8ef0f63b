import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { version } from '../../config/version.ts'
import { clientName, readResult, readTools } from './client.ts'
import type { Address, McpClient } from './client.ts'

/** Connects as the clients of the 2025 era do, with a handshake first. */
export const connectLegacy = async ({ url, headers, timeoutMs }: Address): Promise<McpClient> => {
  const client = new Client({ name: clientName, version })
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers, redirect: 'manual' } })
  const limit = { timeout: timeoutMs }
  await client.connect(transport, limit)
  return {
    protocol: transport.protocolVersion ?? 'unknown',
    server: client.getServerVersion() ?? { name: 'unknown', version: 'unknown' },
    tools: async () => readTools((await client.listTools(undefined, limit)).tools),
    call: async (name, args, options) =>
      readResult(await client.callTool({ name, arguments: args }, undefined, { ...limit, ...options })),
    [Symbol.asyncDispose]: () => client.close(),
  }
}
