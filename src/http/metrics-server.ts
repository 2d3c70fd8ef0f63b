import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GatewayError } from '../contract/errors.ts'
import type { Logger } from '../contract/runtime.ts'
import type { MetricsSettings } from '../contract/settings.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import { guardHost, setSecurityHeaders } from './guards.ts'
import { listen } from './listen.ts'

export interface MetricsServer extends AsyncDisposable {
  /** @throws Error that says what is in the way and what to do */
  listen(): Promise<{ url: string }>
}

/** Longest that a scraper may take to say what it wants. */
const headTimeoutMs = 15_000

/**
 * `GET /metrics` on a port of its own, for scrapers: no keys, nothing else, and never on the port of the callers. On
 * loopback only loopback names are answered, so that no web page reads it by pointing its own name there.
 */
export const createMetricsServer = (deps: {
  settings: MetricsSettings
  expose: () => Promise<{ contentType: string; text: string }>
  logger: Logger
}): MetricsServer => {
  const { settings, expose, logger } = deps
  const isLocal = isLoopbackHost(settings.host)

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (isLocal) guardHost(req, { mode: 'none', host: settings.host, allowedHosts: [], allowedOrigins: [] })
    const [path] = (req.url ?? '').split('?', 1)
    if (path !== '/metrics') throw new GatewayError('not_found', 'This port serves /metrics only.')
    if (req.method !== 'GET' && req.method !== 'HEAD')
      throw new GatewayError('method_not_allowed', 'This path takes GET only.', { allow: ['GET', 'HEAD'] })
    const { contentType, text } = await expose()
    res.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }).end(text)
  }

  const server = createServer({
    requireHostHeader: false,
    headersTimeout: headTimeoutMs,
    requestTimeout: headTimeoutMs,
  })
  server.on('request', (req, res) => {
    setSecurityHeaders(res)
    answer(req, res).catch((thrown: unknown) => {
      const { code, status, message, detail, cause } = GatewayError.from(thrown)
      if (code === 'internal') logger.error({ code, err: cause }, 'the metrics could not be shown')
      if (detail.allow) res.setHeader('allow', detail.allow.join(', '))
      res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${code}: ${message}\n`)
    })
  })

  return {
    listen: () => listen(server, settings, { host: 'METRICS_HOST', port: 'METRICS_PORT' }),
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return
      const { promise: closed, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await closed
    },
  }
}
