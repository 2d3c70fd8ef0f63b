/** Raw HTTP, for what no well-behaved client sends. */
export interface RawAnswer {
  status: number
  headers: Headers
  text: string
  /** The JSON-RPC message: the body, or the last event of a stream. */
  message: unknown
}

const both = 'application/json, text/event-stream'

export const post = async (url: string, body: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  readAnswer(
    await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', accept: both, ...headers },
    }),
  )

export const readAnswer = async (response: Response): Promise<RawAnswer> => {
  const text = await response.text()
  const last = text.split('\n').findLast((line) => line.startsWith('data: '))
  return { status: response.status, headers: response.headers, text, message: parse(last?.slice(6) ?? text) }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A tools/call as a 2025-era client posts it. */
export const earlierCall = (name: string, args: unknown, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } })

/** The same of 2026-07-28: what a client says in its headers it repeats in `_meta`. */
export const modernCall = (name: string, args: unknown, meta: object = {}) => ({
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: {
      name,
      arguments: args,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        ...meta,
      },
    },
  }),
  headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name },
})
