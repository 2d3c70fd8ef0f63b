import { McpServer } from '@modelcontextprotocol/server'
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { maxJsonValues } from '../contract/border.ts'
import type { Caller } from '../contract/caller.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import { readTraceparent } from '../contract/trace.ts'
import { createProgress } from './progress.ts'
import { runTool } from './run-tool.ts'
import type { CallOrigin, Services } from './tool.ts'
import { tools } from './tools/index.ts'

export interface ServerDeps {
  services: Services
  version: string
  clock: Clock
  logger: Logger
}

/** Who speaks through a server, and where each of his calls comes from. */
export interface Session {
  caller: Caller
  /** Asked once for every tool call: calls over stdio share a connection, never an id. */
  origin: () => CallOrigin
}

/** What a client's model is told about the whole before it sees the tools. */
const instructions = `One gateway to many model providers. It chooses the model that meets the need at the least cost, remembers answers, fails over and keeps the books.
Use unified_completion to ask another model: model "auto" chooses by task, price, quality, speed and health; name one to decide yourself. It spends the gateway owner's money.
Set limits in requirements (max_cost_usd, max_latency_ms): they are promises over all tries, kept or refused before anything is spent.
Use estimate_cost before long or repeated work, explain_route when a choice surprises you or no model is eligible.
Use list_providers for the models and prices, gateway_status when calls fail, get_usage_stats for what was spent.
manage_cache clears remembered answers only when dry_run is false.
Costs are decimal strings in US dollars; null means that the price is unknown, never that it is free.
An error names its code, says what to do next and whether the same call may succeed later.`

/** Five minutes: the list changes only with a new version of the gateway. The same for every caller, so shareable. */
const unchanging = { ttlMs: 300_000, cacheScope: 'public' } as const

/** An MCP server that speaks for one caller, made for one HTTP request or one stdio connection. */
export const createServer = ({ services, version, clock, logger }: ServerDeps, session: Session): McpServer => {
  const server = new McpServer(
    { name: 'ai-gateway-mcp', title: 'AI Gateway', version },
    {
      instructions,
      // Nothing changes while the gateway runs; saying so keeps clients from holding streams open to be told.
      capabilities: { tools: { listChanged: false } },
      cacheHints: { 'tools/list': unchanging, 'server/discover': unchanging },
      maxToolInputElements: maxJsonValues,
    },
  )
  for (const { tool, inputSchema, outputSchema } of advertised) {
    const { name, title, description, annotations } = tool
    server.registerTool(
      name,
      { title, description, annotations, inputSchema, outputSchema },
      async (args, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken
        const progress =
          progressToken === undefined
            ? null
            : createProgress(
                (note) => mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...note } }),
                clock,
              )
        const { caller, origin } = session
        const from = traced(origin(), mcpReq._meta?.['traceparent'])
        const call = { args, caller, services, origin: { ...from, tool: name }, signal: mcpReq.signal, progress }
        return runTool(tool, call, logger)
      },
    )
  }
  return server
}

/**
 * The protocol's own place for a trace, `_meta.traceparent`, goes before the header of the request that carried the call
 * (https://modelcontextprotocol.io, SEP-414).
 */
const traced = (origin: CallOrigin, traceparent: unknown): CallOrigin => {
  const traceParent = readTraceparent(traceparent)
  return traceParent ? { ...origin, traceId: traceParent.traceId, traceParent } : origin
}

/**
 * A tool's schema as the SDK lists it, without the SDK's own check: arguments are read once, in `runTool`, whose
 * errors name the field and what to do. Converted once, for a server is made for every request.
 */
const advertise = (schema: z.ZodObject): StandardSchemaWithJSON => {
  const [input, output] = [toJsonSchema(schema, 'input'), toJsonSchema(schema, 'output')]
  return {
    '~standard': {
      version: 1,
      vendor: 'zod',
      validate: (value) => ({ value }),
      jsonSchema: { input: () => input, output: () => output },
    },
  }
}

/**
 * JSON Schema without what says nothing, for every client pays for the list with its context: the dialect, which is the
 * protocol's own, and the safe-integer bounds that zod writes beside every integer.
 */
const toJsonSchema = (schema: z.ZodObject, io: 'input' | 'output'): Record<string, unknown> => {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  return json
}

const advertised = tools.map((tool) => ({
  tool,
  inputSchema: advertise(tool.input),
  outputSchema: advertise(tool.output),
}))
