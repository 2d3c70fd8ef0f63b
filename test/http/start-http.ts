import { randomUUID } from 'node:crypto'
import type { ListedModel } from '../../src/admin/models.ts'
import type { AuthMode, Readiness } from '../../src/admin/status.ts'
import type { KeyRecord } from '../../src/contract/caller.ts'
import type { AnswerEvent, ChatRequest, Usage } from '../../src/contract/chat.ts'
import type { GatewayEvent, RequestContext, Served } from '../../src/contract/journey.ts'
import type { Receipt } from '../../src/contract/receipt.ts'
import type { HttpSettings } from '../../src/contract/settings.ts'
import { createAuthenticate } from '../../src/gateway/authenticate.ts'
import { collect } from '../../src/gateway/collect.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createHttpServer } from '../../src/http/server.ts'
import type { HttpDeps } from '../../src/http/server.ts'

/** How the gateway behind the face answers; the test says. */
export type Script = (request: ChatRequest, context: RequestContext) => AsyncGenerator<GatewayEvent, void>

export const apiKey = 'gw_test_key'
export const usage: Usage = {
  inputTokens: 12,
  cacheReadTokens: 4,
  cacheWriteTokens: 2,
  cacheWrite1hTokens: 1,
  outputTokens: 7,
  reasoningTokens: 3,
  source: 'provider',
}

export const servedBy = (context: RequestContext, over: Partial<Served> = {}): Served => ({
  requestId: context.requestId,
  provider: 'openai',
  model: 'gpt-6-luna-2026-11-01',
  task: 'chat',
  cache: 'miss',
  simulated: false,
  ...over,
})

export const receiptOf = (context: RequestContext, over: Partial<Receipt> = {}): Receipt => ({
  id: context.requestId,
  receivedAtMs: Date.UTC(2026, 10, 21),
  caller: context.caller,
  face: context.face,
  operation: 'chat',
  clientRequestId: context.clientRequestId,
  traceId: context.traceId,
  requestedModel: 'gpt-6-luna',
  task: null,
  candidates: [],
  refusals: [],
  tries: [],
  repairs: 0,
  served: { provider: 'openai', model: 'gpt-6-luna', answeredModel: 'gpt-6-luna-2026-11-01' },
  usage,
  priceId: 'openai/gpt-6-luna@2026-11-01',
  costNanoUsd: 20_000n,
  savedNanoUsd: 0n,
  cache: 'miss',
  cacheReason: null,
  outcome: 'complete',
  errorCode: null,
  timings: { firstTokenMs: 5, admitMs: 1, recallMs: 1, routeMs: 1, totalMs: 9 },
  tags: { user: null, metadata: {} },
  warnings: [],
  simulated: false,
  ...over,
})

export const endOf = (
  context: RequestContext,
  over: Partial<Extract<GatewayEvent, { type: 'end' }>> = {},
): GatewayEvent => ({
  type: 'end',
  finishes: [{ choice: 0, reason: 'stop', native: 'stop' }],
  usage,
  warnings: [],
  receipt: receiptOf(context),
  ...over,
})

/** A whole answer of these events. */
export const says = (...events: AnswerEvent[]): Script =>
  async function* (_request, context) {
    yield { type: 'start', served: servedBy(context) }
    yield* events
    yield endOf(context)
  }

export const text = (said: string, choice = 0): AnswerEvent => ({ type: 'text', choice, text: said })

/** A refusal before anything was said. */
export const fails = (error: unknown): Script =>
  // eslint-disable-next-line require-yield
  async function* () {
    throw error
  }

const settings: HttpSettings = {
  host: '127.0.0.1',
  port: 0,
  allowedHosts: [],
  allowedOrigins: [],
  maxBodyBytes: 100_000,
  requestDeadlineMs: 10_000,
  commitAfterMs: 5_000,
  pingIntervalMs: 5_000,
  drainMs: 200,
}

const auto: ListedModel = { id: 'auto', createdS: 1, ownedBy: 'gateway', deployments: [] }
const slashed: ListedModel = { id: 'meta/llama-4/maverick', createdS: 1, ownedBy: 'openrouter', deployments: [] }

export interface StartOptions {
  script?: Script
  mode?: AuthMode
  settings?: Partial<HttpSettings>
  mcp?: HttpDeps['mcp']
  readiness?: () => Readiness
}

const unasked = () => Promise.reject(new Error('not asked here'))

/** The face alone, over real sockets, before a gateway that plays the test's script. */
export const startHttp = async (options: StartOptions = {}) => {
  const script = options.script ?? says(text('Hello'), text(' there'))
  const seen: { request: ChatRequest; context: RequestContext }[] = []
  const logged: { level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }[] = []
  const key: KeyRecord = { id: 'key_1', name: 'test', scope: 'use', sha256: '', createdAtMs: 0, revokedAtMs: null }
  const complete: Gateway['complete'] = (request, context) => {
    seen.push({ request, context })
    return script(request, context)
  }
  const gateway: Gateway = {
    authenticate: createAuthenticate(
      options.mode === 'api-key' ? async (secret) => (secret === apiKey ? key : null) : null,
    ),
    complete,
    collect: (request, context) => collect(complete(request, context)),
    explainMemory: () =>
      Promise.resolve({ bypass: null, exact: null, canonical: null, formMatters: false, task: 'qa', near: null }),
    passThrough: () => {
      throw new Error('not asked here')
    },
    embed: unasked,
    explain: unasked,
    count: () => Promise.resolve(12),
  }
  const log =
    (level: (typeof logged)[number]['level']) =>
    (fields: object, message: string): void =>
      void logged.push({ level, fields, message })
  const http = createHttpServer({
    gateway,
    settings: { ...settings, ...options.settings },
    mode: options.mode ?? 'none',
    known: { providers: new Set(['openai', 'anthropic']) },
    models: { models: () => [auto, slashed], model: (id) => [auto, slashed].find((model) => model.id === id) ?? null },
    readSide: {
      usage: unasked,
      stats: unasked,
      traces: unasked,
      trace: unasked,
      audit: unasked,
      manageCache: unasked,
      cacheFeedback: unasked,
      cachePolicy: () => null,
      changeCachePolicy: () => {
        throw new Error('not asked here')
      },
    },
    mcp: options.mcp ?? (async ({ res }) => void res.end('mcp')),
    readiness: options.readiness ?? (() => ({ ready: true, reasons: [] })),
    version: '1.2.3',
    instanceId: 'gw-self',
    newId: () => randomUUID().replaceAll('-', ''),
    clock: { now: () => Date.UTC(2026, 10, 21) },
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
  })
  const { url } = await http.listen()
  return { ...http, url, port: Number(new URL(url).port), seen, logged, [Symbol.asyncDispose]: http.drain }
}

export const chatBody = { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hi' }] }

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  postTo(`${url}/v1/chat/completions`, body, headers)

export const postTo = (address: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
