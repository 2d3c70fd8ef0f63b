import { z } from 'zod'

/** Where a request stands in a trace that others began (https://www.w3.org/TR/trace-context/). */
export interface TraceParent {
  /** 32 hexadecimal characters. */
  traceId: string
  /** 16 hexadecimal characters: of the span that asks us. */
  spanId: string
  /** Whoever began the trace records it. */
  isSampled: boolean
}

/** Version 00; later versions may have more behind the flags. An id of zeros is invalid. */
const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/

/** Reads a `traceparent`; null where there is none, or none that is valid. */
export const readTraceparent = (text: unknown): TraceParent | null => {
  const [, traceId, spanId, flags] = form.exec(z.string().catch('').parse(text)) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const writeTraceparent = ({ traceId, spanId, isSampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`

const cloudForm = /^(?!0{32})([0-9a-f]{32})\/(\d{1,20})(?:;o=(\d))?$/

/**
 * Reads Google's older header `x-cloud-trace-context`, `TRACE/SPAN;o=1` with the span as a decimal number
 * (https://cloud.google.com/trace/docs/trace-context#legacy-http-header); null where there is none that is valid.
 */
export const readCloudTraceContext = (text: string | undefined): TraceParent | null => {
  const [, traceId, span, flag] = cloudForm.exec(text ?? '') ?? []
  if (traceId === undefined || span === undefined) return null
  const spanId = BigInt(span).toString(16).padStart(16, '0')
  return spanId.length > 16 || /^0+$/.test(spanId) ? null : { traceId, spanId, isSampled: flag === '1' }
}
