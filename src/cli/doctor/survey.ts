import type { McpClient } from '../mcp/client.ts'
import { clientName } from '../mcp/client.ts'
import { connectLegacy } from '../mcp/legacy-client.ts'
import { connectModern } from '../mcp/modern-client.ts'
import { explainFault } from './network-fault.ts'
import { eras } from './patient.ts'
import type { Connection, Era, Faces, Visit } from './patient.ts'
import { isHtml, ourVersionIn, refusalIn } from './replies.ts'
import type { Reply } from './send.ts'

/** Finds out what is there. The clients that it connects are the caller's to close. */
export const survey = async (visit: Visit, signal: AbortSignal): Promise<Faces> => {
  const { target, ask } = visit
  const look = (url: string, body?: string): Promise<Reply | null> =>
    ask(body === undefined ? { url } : { url, method: 'POST', body }, signal).catch(() => null)
  const [version, models, chat, mcp] = await Promise.all([
    look(`${target.root}/version`),
    look(`${target.api}/models`),
    look(`${target.api}/chat/completions`, '{}'),
    look(target.mcp, '{}'),
  ])
  const connections = mcp === null ? eras.map(silent) : await connectAll(visit)
  const names = connections.flatMap(({ client }) => (client === null ? [] : [client.server.name]))
  const ours = ourVersionIn(version?.json) !== null || names.includes(clientName)
  const openai = isFace(models) || isFace(chat)
  return {
    ours,
    openai,
    mcp: names.length > 0 || (mcp?.status !== 404 && isJsonRpc(mcp)) || (ours && isFace(mcp)),
    connections,
    admitted: !isClosed(models) && (!isClosed(chat) || models?.status === 200) && (openai || !isClosed(mcp)),
  }
}

/** JSON that is not "there is no such path". */
const isFace = (reply: Reply | null): boolean =>
  reply !== null && !isHtml(reply) && reply.json !== undefined && reply.status !== 404

const isJsonRpc = (reply: Reply | null): boolean =>
  typeof reply?.json === 'object' && reply.json !== null && 'jsonrpc' in reply.json

const isClosed = (reply: Reply | null): boolean => reply?.status === 401 || reply?.status === 403

/** Who did not answer once is not asked twice more: every time costs the longest wait. */
const silent = (era: Era): Connection => ({ era, client: null, fault: 'No answer.' })

/** One after the other, so that each is timed by itself. */
const connectAll = async (visit: Visit): Promise<Connection[]> => {
  const connections: Connection[] = []
  for (const era of eras) connections.push(await connect(era, visit))
  return connections
}

const connect = async (era: Era, { target, credentials, ask, quote }: Visit): Promise<Connection> => {
  const startedAtMs = performance.now()
  const address = { url: target.mcp, headers: credentials.headers, timeoutMs: ask.limitMs }
  try {
    const client: McpClient = await (era === '2025' ? connectLegacy : connectModern)(address)
    return { era, client, elapsedMs: performance.now() - startedAtMs }
  } catch (error) {
    return { era, client: null, fault: quote(explainFault(error)?.said ?? sayError(error)) }
  }
}

/** An SDK puts a reply's body into its message; where that is an error of a known shape, its own words are enough. */
const sayError = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const body = /\{.*\}/s.exec(message)?.[0]
  if (body === undefined) return message
  try {
    const refusal = refusalIn(JSON.parse(body))
    return refusal === null ? message : [refusal.code ?? [], refusal.message].flat().join(': ')
  } catch {
    return message
  }
}
