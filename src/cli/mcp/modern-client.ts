import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { version } from '../../config/version.ts'
import { clientName, readResult, readTools } from './client.ts'
import type { Address, McpClient } from './client.ts'

/** The revision since which every request stands alone. */
const modernRevision = '2026-07-28'

/** Connects as the clients of the 2026 era do, and never falls back to the earlier one. */
export const connectModern = async ({ url, headers, timeoutMs }: Address): Promise<McpClient> => {
  const client = new Client({ name: clientName, version }, { versionNegotiation: { mode: { pin: modernRevision } } })
  const limit = { timeout: timeoutMs }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers, redirect: 'manual' } }),
    limit,
  )
  return {
    protocol: client.getNegotiatedProtocolVersion() ?? 'unknown',
    server: client.getServerVersion() ?? { name: 'unknown', version: 'unknown' },
    tools: async () => readTools((await client.listTools(undefined, limit)).tools),
    call: async (name, args, options) =>
      readResult(await client.callTool({ name, arguments: args }, { ...limit, ...options })),
    [Symbol.asyncDispose]: () => client.close(),
  }
}
