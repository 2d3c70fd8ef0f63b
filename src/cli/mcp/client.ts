import type { JsonObject } from '../../contract/json.ts'

/** What the commands need of an MCP client, whichever SDK and protocol era it speaks. */
export interface McpClient extends AsyncDisposable {
  /** The revision that both sides agreed on. */
  protocol: string
  server: { name: string; version: string }
  tools(): Promise<ListedTool[]>
  /** @throws the SDK's error for a protocol error, and for structured content that does not fit the listed schema */
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<ToolResult>
}

export interface CallOptions {
  signal?: AbortSignal
  onprogress?: (note: { progress: number; message?: string | undefined }) => void
}

export interface ListedTool {
  name: string
  description: string
  inputSchema: unknown
  /** Null where the tool promises none. */
  outputSchema: unknown
  /** Hints on what it does; null where it gives none. */
  annotations: unknown
}

export interface ToolResult {
  texts: string[]
  /** Structured content; null where there is none. */
  data: unknown
  isError: boolean
}

export interface Address {
  url: string
  headers: Readonly<Record<string, string>>
  /** How long one request may take. */
  timeoutMs: number
}

/** How the commands introduce themselves. */
export const clientName = 'ai-gateway-mcp'

/** A list of tools of either SDK. */
export const readTools = (
  tools: readonly {
    name: string
    description?: string | undefined
    inputSchema: unknown
    outputSchema?: unknown
    annotations?: unknown
  }[],
): ListedTool[] =>
  tools.map(({ name, description = '', inputSchema, outputSchema = null, annotations = null }) => ({
    name,
    description,
    inputSchema,
    outputSchema,
    annotations,
  }))

/** A result of either SDK, whose types differ and whose content may be any JSON. */
export const readResult = (result: { [key: string]: unknown }): ToolResult => {
  const content: unknown[] = Array.isArray(result['content']) ? result['content'] : []
  return {
    texts: content.flatMap((block) => (isObject(block) && typeof block['text'] === 'string' ? [block['text']] : [])),
    data: result['structuredContent'] ?? null,
    isError: result['isError'] === true,
  }
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null
