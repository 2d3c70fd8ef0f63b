import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import type { VersionNegotiationMode } from '@modelcontextprotocol/client'
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as EarlierTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

interface CallOptions {
  signal?: AbortSignal
  onprogress?: (note: { progress: number; message?: string | undefined }) => void
}

interface CallResult {
  texts: string[]
  data: unknown
  isError: boolean
}

/** What the tests need of any client, whichever SDK and era it speaks. */
export interface AnyClient extends AsyncDisposable {
  protocol: string | undefined
  instructions: string | undefined
  list(): Promise<{ name: string }[]>
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallResult>
}

export const clientKinds = [
  { kind: 'SDK v1 client', speaks: '2025-11-25' },
  { kind: 'SDK v2 client, legacy', speaks: '2025-11-25' },
  { kind: 'SDK v2 client, auto', speaks: '2026-07-28' },
  { kind: 'SDK v2 client, pinned to 2026-07-28', speaks: '2026-07-28' },
] as const
export type ClientKind = (typeof clientKinds)[number]['kind']

const identity = { name: 'test', version: '0.0.0' }

export const connect = (kind: ClientKind, url: string, headers: Record<string, string> = {}): Promise<AnyClient> => {
  switch (kind) {
    case 'SDK v1 client':
      return connectEarlier(url, headers)
    case 'SDK v2 client, legacy':
      return connectModern(url, 'legacy', headers)
    case 'SDK v2 client, auto':
      return connectModern(url, 'auto', headers)
    case 'SDK v2 client, pinned to 2026-07-28':
      return connectModern(url, { pin: '2026-07-28' }, headers)
  }
}

const connectEarlier = async (url: string, headers: Record<string, string>): Promise<AnyClient> => {
  const client = new EarlierClient(identity)
  const transport = new EarlierTransport(new URL(url), { requestInit: { headers } })
  await client.connect(transport)
  // Without the list a client does not know the output schemas, and would check nothing.
  await client.listTools()
  return {
    protocol: transport.protocolVersion,
    instructions: client.getInstructions(),
    list: async () => (await client.listTools()).tools,
    call: async (name, args, options) =>
      readResult(await client.callTool({ name, arguments: args }, undefined, options)),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const connectModern = async (
  url: string,
  mode: VersionNegotiationMode,
  headers: Record<string, string>,
): Promise<AnyClient> => {
  const client = new ModernClient(identity, { versionNegotiation: { mode } })
  await client.connect(new ModernTransport(new URL(url), { requestInit: { headers } }))
  await client.listTools()
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    instructions: client.getInstructions(),
    list: async () => (await client.listTools()).tools,
    call: async (name, args, options) =>
      readResult(await client.callTool({ name, ...(args === undefined ? {} : { arguments: args }) }, options)),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const readResult = (result: Record<string, unknown>): CallResult => {
  const content: unknown[] = Array.isArray(result['content']) ? result['content'] : []
  return {
    texts: content.flatMap((block) =>
      typeof block === 'object' && block !== null && 'text' in block && typeof block.text === 'string'
        ? [block.text]
        : [],
    ),
    data: result['structuredContent'],
    isError: result['isError'] === true,
  }
}
