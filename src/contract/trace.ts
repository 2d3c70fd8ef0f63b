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
