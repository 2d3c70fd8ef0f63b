import type { Asked } from './ask.ts'
import type { Target } from './target.ts'

/** The first message of a 2025-era client, as bare HTTP. */
export const initialize = ({ mcp }: Pick<Target, 'mcp'>): Asked => ({
  url: mcp,
  method: 'POST',
  headers: { accept: 'application/json, text/event-stream' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'ai-gateway-mcp', version: '0' } },
  }),
})
