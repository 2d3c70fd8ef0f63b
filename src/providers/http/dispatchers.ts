import { Agent, EnvHttpProxyAgent } from 'undici'
import type { Dispatcher } from 'undici'
import type { ProviderRow } from '../../contract/provider.ts'

/** Where outgoing calls pass through, in the meaning that these environment variables have elsewhere. */
export interface ProxySettings {
  /** `HTTPS_PROXY`; for https:// providers, and without it they take `httpProxy`. */
  httpsProxy: string | null
  /** `HTTP_PROXY`; for http:// providers. */
  httpProxy: string | null
  /** `NO_PROXY`: hosts that are reached directly, separated by commas. */
  noProxy: string
}

/** A model server on this machine is not behind anybody's proxy, whatever NO_PROXY forgets to say. */
const loopback = 'localhost,127.0.0.1,::1'

/** Longest that an idle connection is kept, where the provider's own keep-alive header says nothing. */
const keepAliveMs = 30_000

interface Dispatchers {
  for(row: Pick<ProviderRow, 'timeouts'>): Dispatcher
  /** Closes every connection at once. */
  close(): Promise<void>
}

/** Connections by provider: a pool per origin, and apart by the time that a row allows for connecting. */
export const createDispatchers = (proxy: ProxySettings | null): Dispatchers => {
  const byConnectMs = new Map<number, Dispatcher>()

  const create = (connectMs: number): Dispatcher => {
    const shared = {
      connectTimeout: connectMs,
      keepAliveTimeout: keepAliveMs,
      // With HTTP/2 one connection carries many answers, and leaving one would not close anything.
      allowH2: false,
    }
    if (!proxy?.httpsProxy && !proxy?.httpProxy) return new Agent(shared)
    return new EnvHttpProxyAgent({
      ...shared,
      // Empty, not absent: absent would have undici read the environment itself.
      httpsProxy: proxy.httpsProxy ?? '',
      httpProxy: proxy.httpProxy ?? '',
      noProxy: `${proxy.noProxy},${loopback}`,
    })
  }

  return {
    for({ timeouts: { connectMs } }) {
      const existing = byConnectMs.get(connectMs)
      if (existing) return existing
      const created = create(connectMs)
      byConnectMs.set(connectMs, created)
      return created
    },
    async close() {
      const open = [...byConnectMs.values()]
      byConnectMs.clear()
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()))
    },
  }
}
