import { once } from 'node:events'
import { createServer } from 'node:http'
import { z } from 'zod'

const value = z.union([
  z.object({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
  z.object({ intValue: z.coerce.number() }).transform(({ intValue }) => intValue),
  z.object({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
  z.object({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
])
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((list) => Object.fromEntries(list.map((item) => [item.key, item.value])))

const span = z.object({
  traceId: z.string().length(32),
  spanId: z.string().length(16),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes,
  status: z.object({ code: z.number().optional(), message: z.string().optional() }),
})
const delivery = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

type Span = z.output<typeof span>

/** An OpenTelemetry collector as an exporter meets it: OTLP over HTTP, in JSON. */
export interface Collector extends AsyncDisposable {
  url: string
  spans: Span[]
  resources: Record<string, unknown>[]
  headers: Record<string, unknown>[]
  /** Everything that was delivered, as it came. */
  text: string
}

/** @param behaves how it takes deliveries: as it should, by refusing them, or by never answering */
export const startCollector = async (behaves: 'well' | 'refuses' | 'hangs' = 'well'): Promise<Collector> => {
  const collector: Omit<Collector, 'url' | keyof AsyncDisposable> = { spans: [], resources: [], headers: [], text: '' }
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      if (behaves === 'hangs') return
      if (behaves === 'refuses') return void res.writeHead(400).end()
      const text = Buffer.concat(chunks).toString()
      collector.text += text
      collector.headers.push(req.headers)
      for (const { resource, scopeSpans } of delivery.parse(JSON.parse(text)).resourceSpans) {
        collector.resources.push(resource.attributes)
        collector.spans.push(...scopeSpans.flatMap(({ spans }) => spans))
      }
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return Object.assign(collector, {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}
