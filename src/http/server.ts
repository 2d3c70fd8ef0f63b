import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Models } from '../admin/models.ts'
import type { AuthMode, Readiness } from '../admin/status.ts'
import { GatewayError } from '../contract/errors.ts'
import type { KnownNames } from '../contract/routing-fields.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { HttpSettings, ResourceSettings } from '../contract/settings.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { isAnthropicPath } from './anthropic/error.ts'
import { createCountRoute, createMessagesWire } from './anthropic/messages.ts'
import { apiPaths, createApi, isApiPath } from './api/api.ts'
import type { ReadSide } from './api/api.ts'
import { invitesBody, readJson, readJsonText } from './body.ts'
import { answerCors } from './cors.ts'
import { drainServer, shuttingDown } from './drain.ts'
import { createSendError, sendJson } from './error.ts'
import { openArrival } from './exchange.ts'
import type { Arrival, Exchange } from './exchange.ts'
import * as guard from './guards.ts'
import type { DoorRules } from './guards.ts'
import { answerJunk } from './junk.ts'
import { listen } from './listen.ts'
import { createInboundRoute } from './inbound.ts'
import type { InboundWire } from './inbound.ts'
import { createChatWire } from './openai/chat.ts'
import { createCompletionsWire } from './openai/completions.ts'
import { createResponsesWire } from './openai/responses.ts'
import { createEmbeddingsRoute } from './openai/embeddings.ts'
import { createPassthroughRoute, passthroughPath } from './passthrough.ts'
import { createPages, isOpenPath, isProbePath, pagePaths } from './pages.ts'
import { createResource } from './resource.ts'
import { createRouteOf } from './route-of.ts'
import { createUnifiedRoute } from './unified.ts'
import { watchReply } from './watch-reply.ts'
import type { Reply } from './watch-reply.ts'

export interface HttpDeps {
  gateway: Gateway
  settings: HttpSettings
  mode: AuthMode
  known: KnownNames
  models: Pick<Models, 'models' | 'model'>
  /** What the ledger knows, for `/api`. */
  readSide: ReadSide
  /** The MCP face, for `POST /mcp`. It answers on `exchange.res` and stops at `exchange.signal`. */
  mcp: (exchange: Exchange & { metadataUrl: string | null }) => Promise<void>
  /** What the gateway is to an authorization server; null with keys or nothing to show. */
  resource?: ResourceSettings | null
  readiness: () => Readiness
  version: string
  instanceId: string
  /** 32 hexadecimal characters, never the same twice. */
  newId: () => string
  clock: Clock
  logger: Logger
  /** Runs what serves a request so that log lines on the way are known to be of it; unset: they need not be. */
  within?: (<Result>(arrival: Arrival, work: () => Result) => Result) | undefined
  /** What an admin may know of where this runs, as headers of every answer to him. */
  adminHeaders?: Readonly<Record<string, string>>
  /** Told of every request once its answer is sent or broken off; unset: nobody counts. */
  replied?: ((reply: Reply) => void) | undefined
}

export interface HttpServer extends AsyncDisposable {
  server: Server
  /** @throws Error that says what is in the way and what to do */
  listen(): Promise<{ url: string }>
  /** Stops taking requests, lets the running ones finish within `drainMs`, closes. The same promise for every call. */
  drain(): Promise<void>
}

interface Route {
  methods: readonly string[]
  answer: (exchange: Exchange) => Promise<void>
}

/** Longest that a head, and then a body, may take to arrive. */
const headTimeoutMs = 15_000
const bodyTimeoutMs = 60_000

export const createHttpServer = (deps: HttpDeps): HttpServer => {
  const { gateway, settings, known, clock, logger, instanceId, adminHeaders = {} } = deps
  const within = deps.within ?? ((_arrival, work) => work())
  const rules: DoorRules = { ...settings, mode: deps.mode }
  const running = new Set<Arrival>()
  let draining: Promise<void> | null = null

  const resource = deps.resource ? createResource(deps.resource, rules) : null
  const sendError = createSendError(logger, resource?.challenge)
  const bodyLimits = { maxBytes: settings.maxBodyBytes, timeoutMs: bodyTimeoutMs }
  const readBody = ({ req, signal }: Exchange): Promise<unknown> => readJson(req, bodyLimits, signal)

  const inbound = (wire: InboundWire): Route => ({
    methods: ['POST'],
    answer: createInboundRoute({ wire, gateway, settings, readBody, clock, logger }),
  })

  /** Every route that can spend, matched exactly before Express is asked: docs/decisions/0004. */
  const hotRoutes = new Map<string, Route>([
    ['/v1/chat/completions', inbound(createChatWire(known))],
    ['/v1/responses', inbound(createResponsesWire(known))],
    ['/v1/completions', inbound(createCompletionsWire(known))],
    ['/v1/messages', inbound(createMessagesWire(known))],
    ['/v1/messages/count_tokens', { methods: ['POST'], answer: createCountRoute({ gateway, known, readBody }) }],
    ['/v1/embeddings', { methods: ['POST'], answer: createEmbeddingsRoute({ gateway, known, readBody }) }],
    ['/unified_completion', { methods: ['POST'], answer: createUnifiedRoute({ gateway, known, readBody }) }],
    [
      '/mcp',
      {
        methods: ['POST'],
        answer: (exchange) =>
          deps.mcp({ ...exchange, metadataUrl: resource?.metadataUrl(exchange.req, '/mcp') ?? null }),
      },
    ],
  ])
  const passthrough: Route = {
    methods: ['GET', 'POST'],
    answer: createPassthroughRoute({
      gateway,
      known,
      settings,
      readBody: ({ req, signal }) => readJsonText(req, bodyLimits, signal),
    }),
  }
  const api = createApi({ admin: deps.readSide, readBody, clock })
  const paths = [...hotRoutes.keys(), ...pagePaths, ...apiPaths]
  const routeOf = createRouteOf(paths)
  const pages = createPages({
    models: deps.models,
    readiness: () => (draining ? { ready: false, reasons: ['The gateway is shutting down.'] } : deps.readiness()),
    version: deps.version,
    sendError,
    paths,
  })

  /** The order of the door, the same for every route. */
  const pass = async (arrival: Arrival): Promise<void> => {
    const { req, res, path } = arrival
    guard.setSecurityHeaders(res)
    // A prober names the instance by address, and hears nothing that a stranger may not.
    if (rules.mode === 'none' || !isProbePath(path)) guard.guardHost(req, rules)
    guard.guardOrigin(req, rules)
    if (answerCors(arrival, rules)) return
    const credentialOf = resource?.credentialOf ?? guard.credentialOf
    const caller = isOpenPath(path) ? null : await gateway.authenticate(credentialOf(req))
    if (caller?.scope === 'admin') for (const [name, value] of Object.entries(adminHeaders)) res.setHeader(name, value)
    guard.guardLoop(arrival, instanceId)
    guard.guardContentType(req)
    guard.guardBodySize(req, settings.maxBodyBytes)

    const route = hotRoutes.get(path) ?? (path.startsWith(passthroughPath) ? passthrough : undefined)
    const metadata = resource?.metadata(req, path) ?? null
    if (metadata !== null) sendJson(req, res, 200, metadata)
    else if (caller && isApiPath(path)) await api({ ...arrival, caller })
    else if (!route || !caller) pages(req, res)
    else await run(route, { ...arrival, caller })
  }

  const run = async ({ methods, answer }: Route, exchange: Exchange): Promise<void> => {
    const { req, res } = exchange
    if (!methods.includes(req.method ?? ''))
      throw new GatewayError('method_not_allowed', `This path takes ${methods.join(', ')} only.`, { allow: methods })
    if (draining) throw shuttingDown()
    if (invitesBody(req)) res.writeContinue()
    await answer(exchange)
  }

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const arrival = openArrival(req, res, deps.newId)
    if (isAnthropicPath(arrival.path)) res.setHeader('request-id', arrival.requestId)
    running.add(arrival)
    if (deps.replied) watchReply(arrival, routeOf(arrival.path), deps.replied)
    res.once('close', () => running.delete(arrival))
    if (draining) res.setHeader('connection', 'close')
    await within(arrival, () => pass(arrival).catch((thrown: unknown) => sendError(req, res, thrown, arrival.path)))
  }

  const server = createServer({
    // A request without Host gets our own refusal, in JSON.
    requireHostHeader: false,
    maxHeaderSize: 16_384,
    headersTimeout: headTimeoutMs,
    requestTimeout: headTimeoutMs + bodyTimeoutMs,
    connectionsCheckingInterval: 5_000,
    // Longer than load balancers keep theirs, so that they never write to a socket which we just closed.
    keepAliveTimeout: 75_000,
  })
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => void handle(req, res)
  server.on('request', onRequest).on('checkContinue', onRequest)
  server.on('clientError', (error, socket) => {
    const isAnswering = [...running].some(({ req, res }) => req.socket === socket && res.headersSent)
    answerJunk(error, socket, `req_${deps.newId()}`, isAnswering)
  })

  const drain = (): Promise<void> => (draining ??= drainServer(server, running, settings.drainMs))
  return { server, listen: () => listen(server, settings), drain, [Symbol.asyncDispose]: drain }
}
