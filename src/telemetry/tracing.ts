import type { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import type { GatewayError } from '../contract/errors.ts'
import type { RequestContext } from '../contract/journey.ts'
import { writeTraceparent } from '../contract/trace.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { Clock, Logger } from '../contract/runtime.ts'
import type { TracingSettings } from '../contract/settings.ts'
import { spanIdOf } from '../lib/span-id.ts'
import { createSpanWriter } from './tracing/spans.ts'
import type { RefusedRequest, TraceOrigin } from './tracing/spans.ts'

/** Spans of what the gateway did, for whoever collects traces. Nothing here is waited for by a request. */
export interface Tracing extends AsyncDisposable {
  completed(receipt: Receipt, origin: TraceOrigin): void
  refused(request: RefusedRequest, error: GatewayError): void
}

interface TracingOptions {
  settings: TracingSettings
  version: string
  instanceId: string
  clock: Clock
  logger: Logger
}

/** How long the last spans may take to leave at the end: Cloud Run kills ten seconds after the signal, and the drain has had eight. */
const closingMs = 1_000

/**
 * Sends spans to an OpenTelemetry collector by OTLP over HTTP. They are made of the receipt when a request has ended, and
 * sent in batches behind it: a collector that is slow or away costs spans, never a request.
 */
export const openTracing = async (options: TracingOptions): Promise<Tracing> => {
  const { settings, version, instanceId, clock, logger } = options
  const [{ BatchSpanProcessor: Processor }, { OTLPTraceExporter }, { resourceFromAttributes }, { authorize }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('./tracing/authorize.ts'),
    ])
  const headers = authorize(settings)
  const exporter = new OTLPTraceExporter({ url: settings.url, timeoutMillis: settings.timeoutMs, headers })
  const processor: BatchSpanProcessor = new Processor({
    exporter,
    maxQueueSize: settings.maxQueued,
    maxExportBatchSize: Math.min(512, settings.maxQueued),
    exportTimeoutMillis: settings.timeoutMs,
  })
  const resource = resourceFromAttributes({
    ...settings.resource,
    'service.name': settings.serviceName,
    'service.version': version,
    'service.instance.id': instanceId,
  })
  const write = createSpanWriter({ resource, version, sampleRatio: settings.sampleRatio })
  const send = (spans: ReturnType<typeof write.completed>): void => {
    for (const span of spans) processor.onEnd(span)
  }

  return {
    completed: (receipt, origin) => send(write.completed(receipt, origin)),
    refused: (request, error) => send(write.refused(request, error, clock.now())),
    [Symbol.asyncDispose]: async () => {
      const late = new Promise<'late'>((resolve) => setTimeout(resolve, closingMs, 'late').unref())
      const closed = processor.shutdown().then(
        () => 'closed' as const,
        () => 'late' as const,
      )
      if ((await Promise.race([closed, late])) === 'late')
        logger.warn({ url: settings.url }, 'the last spans of the traces could not be sent')
    },
  }
}

/**
 * What a provider is told of the trace: its own span in it where spans are sent, else the caller's, as it came.
 * @param attempt which of the request's tries it is, from 0
 */
export const traceparentFor =
  (isTracing: boolean) =>
  ({ requestId, traceId, traceParent }: RequestContext, attempt: number): string | null => {
    if (isTracing && traceId !== null)
      return writeTraceparent({
        traceId,
        spanId: spanIdOf(requestId, `try ${attempt}`),
        isSampled: traceParent?.isSampled ?? true,
      })
    return traceParent ? writeTraceparent(traceParent) : null
  }
