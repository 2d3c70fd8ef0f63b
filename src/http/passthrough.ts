import { readPassthrough } from '../contract/read-passthrough.ts'
import { readCacheChoice } from '../contract/routing-fields.ts'
import type { KnownNames } from '../contract/routing-fields.ts'
import type { HttpSettings } from '../contract/settings.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { contextOf, headerOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { servedHeaders } from './gateway-object.ts'
import { untilDrained } from './until-drained.ts'

interface PassthroughRoute {
  gateway: Pick<Gateway, 'passThrough'>
  known: KnownNames
  settings: Pick<HttpSettings, 'requestDeadlineMs'>
  readBody: (exchange: Exchange) => Promise<{ text: string; value: unknown }>
}

export const passthroughPath = '/v1/passthrough/'

/** `/v1/passthrough/{provider}/{endpoint}`: a provider's own endpoint, and its reply byte for byte. */
export const createPassthroughRoute =
  ({ gateway, known, settings, readBody }: PassthroughRoute) =>
  async (exchange: Exchange): Promise<void> => {
    const { req, res, path } = exchange
    const method = req.method ?? ''
    const [provider = '', ...endpoint] = path.slice(passthroughPath.length).split('/')
    const body = method === 'POST' ? await readBody(exchange) : undefined
    const request = readPassthrough(
      {
        provider,
        method,
        endpoint: endpoint.join('/'),
        query: (req.url ?? '').slice(path.length).replace(/^\?/, ''),
        body: body?.value,
        text: body?.text,
        headers: Object.fromEntries(Object.keys(req.headers).map((name) => [name, headerOf(req, name)])),
        cache: readCacheChoice({ cacheControl: headerOf(req, 'cache-control') }),
        maxCostUsd: headerOf(req, 'x-gateway-max-cost-usd'),
      },
      known,
    )

    let own: Record<string, string> = {}
    const events = gateway.passThrough(request, contextOf(exchange, false))
    for await (const event of events)
      switch (event.type) {
        case 'start':
          own = servedHeaders(event.served)
          break
        case 'head':
          // A caller's limits here are the gateway's, not those of its account.
          res.writeHead(event.status, { ...event.headers, ...own })
          res.flushHeaders()
          break
        case 'bytes':
          if (!res.write(event.bytes)) await untilDrained(res, settings.requestDeadlineMs, exchange.signal)
          break
        case 'end':
          res.end()
      }
  }
