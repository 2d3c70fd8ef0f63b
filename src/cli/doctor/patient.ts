import type { McpClient } from '../mcp/client.ts'
import type { Ask } from './ask.ts'
import type { Orders } from './orders.ts'
import type { Spending } from './spending.ts'
import type { StandIn } from './stand-in.ts'

/** What can be done before anything is known of a gateway. */
export interface Visit extends Pick<Orders, 'target' | 'credentials'> {
  ask: Ask
  /** Foreign text as it may be shown: on one line, without secrets, cut. */
  quote: (text: string, maxLength?: number) => string
}

export const eras = ['2025', '2026'] as const
export type Era = (typeof eras)[number]

/** A handshake, and what came of it. */
export type Connection = { era: Era; client: McpClient; elapsedMs: number } | { era: Era; client: null; fault: string }

/** What there is to look at. */
export interface Faces {
  /** It is an ai-gateway-mcp, of which more is required than of others. */
  ours: boolean
  /** The OpenAI-compatible face. */
  openai: boolean
  /** The MCP face, even where no handshake succeeded. */
  mcp: boolean
  connections: readonly Connection[]
  /** The doctor is let in. */
  admitted: boolean
}

/** A gateway, and all that the checks know of it. */
export interface Patient extends Visit, Faces {
  /** What the checks that cost money go by; null without `--spend`. */
  spending: Spending | null
  /** The doctor's own upstream; null without `--upstream`. */
  standIn: StandIn | null
}

/** Any connected client, the newer era's first; null where none is. */
export const clientOf = ({ connections }: Pick<Faces, 'connections'>): McpClient | null =>
  connections.findLast(({ client }) => client !== null)?.client ?? null
