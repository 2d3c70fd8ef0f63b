import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the owner sets to move a server. */
const publicVariables = { host: 'HOST', port: 'PORT' }

/**
 * Binds a server and says where it can be reached.
 * @param variables the environment variables that say where
 * @throws Error that says what is in the way and what to do
 */
export const listen = async (
  server: Server,
  { host, port }: { host: string; port: number },
  variables = publicVariables,
): Promise<{ url: string }> => {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw new Error(await explain(cause, { host, port, variables }), { cause })
  }
  const address = server.address()
  return { url: urlOf(host, isBound(address) ? address.port : port) }
}

const isBound = (address: ReturnType<Server['address']>): address is AddressInfo =>
  typeof address === 'object' && address !== null

/** A wildcard is no address to call: from this machine it is localhost. */
const urlOf = (host: string, port: number): string => {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

const explain = async (
  cause: unknown,
  { host, port, variables }: { host: string; port: number; variables: typeof publicVariables },
): Promise<string> => {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by ${await whoListens(urlOf(host, port))}. Stop it, or choose another port: ${variables.port}=${port + 1} npm start.`
    case 'EACCES':
      return `This user may not listen on port ${port}. Choose one above 1023: ${variables.port}=${port + 8000} npm start.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${variables.host}=${host} is no address of this machine. Use ${variables.host}=127.0.0.1 for this machine only, ${variables.host}=0.0.0.0 for its network.`
    default:
      return `The gateway cannot listen on ${host} port ${port}: ${cause instanceof Error ? cause.message : String(cause)}.`
  }
}

/** Asks whoever has the port: mostly it is a gateway that was forgotten. */
const whoListens = async (url: string): Promise<string> => {
  try {
    const reply = await fetch(`${url}/version`, { signal: AbortSignal.timeout(500) })
    return isGateway(await reply.json()) ? `another ai-gateway-mcp (${url})` : 'another program'
  } catch {
    return 'another program'
  }
}

const isGateway = (said: unknown): boolean =>
  typeof said === 'object' && said !== null && 'name' in said && said.name === 'ai-gateway-mcp'
