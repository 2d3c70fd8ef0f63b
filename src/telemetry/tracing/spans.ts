import type { Attributes, HrTime, SpanContext } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { GatewayError } from '../../contract/errors.ts'
import type { RequestContext } from '../../contract/journey.ts'
import type { Operation } from '../../contract/operation.ts'
import type { Receipt } from '../../contract/receipt.ts'
import { spanIdOf } from '../../lib/span-id.ts'
import { isSampled } from './sampling.ts'
import { known, modelOf, operationNames, requestAttributes, toolAttributes, tryAttributes } from './attributes.ts'

/** Where a request came from, as far as its trace must know. */
export type TraceOrigin = Pick<RequestContext, 'traceId' | 'traceParent' | 'tool'>

/** A request that ended without a receipt. */
export interface RefusedRequest extends TraceOrigin, Pick<RequestContext, 'requestId' | 'face'> {
  callerId: string
  operation: Operation
  model: string
  receivedAtMs: number
}

/** SpanKind of the OpenTelemetry API, by value: the API is loaded only where spans are sent. */
const kinds = { internal: 0, server: 1, client: 2 } as const
const statuses = { unset: 0, error: 2 } as const

interface Draft {
  name: string
  kind: keyof typeof kinds
  spanId: string
  parentSpanId: string | null
  startMs: number
  endMs: number
  attributes: Attributes
  /** What went wrong, as a code; null where nothing did. */
  fault: string | null
}

/** Writes what happened to a request as spans: one for the whole, one for memory and for each of its tiers, one for each try. */
export const createSpanWriter = (options: {
  resource: Resource
  version: string
  /** Share of the traces that begin here which are sent, 0…1. */
  sampleRatio: number
}) => {
  const { resource, version, sampleRatio } = options
  const instrumentationScope = { name: 'ai-gateway-mcp', version }

  const finish = (traceId: string, { name, kind, startMs, endMs, attributes, fault, ...ids }: Draft): ReadableSpan => {
    const contextOf = (spanId: string): SpanContext => ({ traceId, spanId, traceFlags: 1 })
    return {
      name,
      kind: kinds[kind],
      spanContext: () => contextOf(ids.spanId),
      ...(ids.parentSpanId === null ? {} : { parentSpanContext: contextOf(ids.parentSpanId) }),
      startTime: hrTime(startMs),
      endTime: hrTime(endMs),
      duration: hrTime(Math.max(0, endMs - startMs)),
      status: fault === null ? { code: statuses.unset } : { code: statuses.error, message: fault },
      attributes,
      links: [],
      events: [],
      ended: true,
      resource,
      instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    }
  }

  return {
    completed: (receipt: Receipt, origin: TraceOrigin): readonly ReadableSpan[] => {
      const traceId = sampledTraceId(origin, sampleRatio)
      if (traceId === null) return []
      const { timings, receivedAtMs } = receipt
      const requestSpanId = spanIdOf(receipt.id)
      const admittedAtMs = receivedAtMs + timings.admitMs
      const request: Draft = {
        name: nameOf(receipt.operation, receipt.requestedModel, origin.tool),
        kind: 'server',
        spanId: requestSpanId,
        parentSpanId: origin.traceParent?.spanId ?? null,
        startMs: receivedAtMs,
        endMs: receivedAtMs + timings.totalMs,
        attributes: requestAttributes(receipt, origin.tool),
        fault: receipt.outcome === 'complete' ? null : (receipt.errorCode ?? receipt.outcome),
      }
      const cache: Draft = {
        name: 'recall',
        kind: 'internal',
        spanId: spanIdOf(receipt.id, 'recall'),
        parentSpanId: requestSpanId,
        startMs: admittedAtMs,
        endMs: admittedAtMs + timings.recallMs,
        attributes: known({ 'gateway.cache': receipt.cache, 'gateway.cache.reason': receipt.cacheReason }),
        fault: null,
      }
      const looks = (receipt.looks ?? []).map(({ tier, startedAtMs, tookMs, found }): Draft => ({
        name: `recall ${tier}`,
        kind: 'internal',
        spanId: spanIdOf(receipt.id, `recall ${tier}`),
        parentSpanId: cache.spanId,
        startMs: startedAtMs,
        endMs: startedAtMs + tookMs,
        attributes: { 'gateway.cache.tier': tier, 'gateway.cache.found': found },
        fault: null,
      }))
      const tries = receipt.tries.map((attempt, index): Draft => ({
        name: `${operationNames[receipt.operation]} ${modelOf(attempt)}`,
        kind: 'client',
        spanId: spanIdOf(receipt.id, `try ${index}`),
        parentSpanId: requestSpanId,
        startMs: attempt.startedAtMs,
        endMs: attempt.startedAtMs + attempt.durationMs,
        attributes: tryAttributes(attempt, receipt),
        fault: attempt.outcome === 'answered' ? null : (attempt.errorCode ?? attempt.outcome),
      }))
      return [request, cache, ...looks, ...tries].map((draft) => finish(traceId, draft))
    },

    refused: (request: RefusedRequest, error: GatewayError, nowMs: number): readonly ReadableSpan[] => {
      const traceId = sampledTraceId(request, sampleRatio)
      if (traceId === null) return []
      const span: Draft = {
        name: nameOf(request.operation, request.model, request.tool),
        kind: 'server',
        spanId: spanIdOf(request.requestId),
        parentSpanId: request.traceParent?.spanId ?? null,
        startMs: request.receivedAtMs,
        endMs: nowMs,
        attributes: known({
          'gen_ai.operation.name': operationNames[request.operation],
          'gen_ai.request.model': request.model,
          ...toolAttributes(request.tool),
          'gateway.request.id': request.requestId,
          'gateway.caller.id': request.callerId,
          'gateway.face': request.face,
          'http.response.status_code': error.status,
          'error.type': error.code,
        }),
        fault: error.code,
      }
      return [finish(traceId, span)]
    },
  }
}

const nameOf = (operation: Operation, model: string, tool: string | undefined): string =>
  tool === undefined ? `${operationNames[operation]} ${model}` : `tools/call ${tool}`

/** The trace that a request belongs to, if it is recorded. */
const sampledTraceId = (origin: TraceOrigin, sampleRatio: number): string | null =>
  isSampled(origin, sampleRatio) ? origin.traceId : null

/** Seconds and nanoseconds, as OpenTelemetry counts. */
const hrTime = (ms: number): HrTime => {
  const seconds = Math.trunc(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
