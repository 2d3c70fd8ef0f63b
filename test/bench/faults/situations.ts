import type { Fault } from '../../../src/sandbox/fault.ts'

/** How patient a run is. */
export interface Patience {
  /** Longest silence of a provider that a gateway is told to bear. */
  silenceMs: number
  /** The caller's own patience; a request that is not over by then hangs. */
  callerMs: number
}

/** One thing that providers do wrong. */
export interface Situation {
  name: string
  fault: Fault
}

/**
 * The fifteen situations; where one has two forms, both are here. What is slow stays within the patience that a gateway
 * is told to have, piece by piece; what stops does not.
 */
export const situationsFor = ({ silenceMs }: Patience): readonly Situation[] => [
  { name: 'connection refused', fault: { kind: 'refuse' } },
  { name: '429 with Retry-After: 30', fault: { kind: 'status', status: 429, retryAfterS: 30 } },
  { name: '429 without Retry-After', fault: { kind: 'status', status: 429 } },
  { name: '500', fault: { kind: 'status', status: 500 } },
  { name: '529 overloaded', fault: { kind: 'status', status: 529 } },
  { name: 'slow first token', fault: { kind: 'slow-first-token', ms: silenceMs / 2 } },
  { name: 'stall in the answer', fault: { kind: 'stall', after: 4 } },
  { name: 'connection cut in the answer', fault: { kind: 'cut', after: 4 } },
  { name: 'malformed event', fault: { kind: 'malformed-chunk', after: 4 } },
  { name: 'half a JSON text', fault: { kind: 'half-json', after: 4 } },
  { name: 'wrong type: a web page', fault: { kind: 'html' } },
  { name: 'wrong type: a text for a list', fault: { kind: 'wrong-type', after: 4 } },
  { name: 'error inside a 200', fault: { kind: 'error-in-stream', after: 4 } },
  { name: 'usage missing', fault: { kind: 'usage-missing' } },
  { name: 'slow drain', fault: { kind: 'slow-drain', ms: silenceMs / 20 } },
  { name: 'connection reset', fault: { kind: 'reset' } },
  { name: 'black hole', fault: { kind: 'black-hole' } },
]
