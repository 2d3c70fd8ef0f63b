import { z } from 'zod'

const after = z.int().min(0).max(100_000).default(2)
const afterMs = z
  .int()
  .min(0)
  .max(24 * 3_600_000)

/**
 * Everything that can be made to go wrong. `after` counts the pieces of the answer that still arrive; in a reply that is
 * not streamed, half of the body does.
 */
const faultSchema = z.discriminatedUnion('kind', [
  // Instead of an answer.
  /** Takes the request and closes the connection. */
  z.strictObject({ kind: z.literal('refuse') }),
  /** Takes the request and never answers. */
  z.strictObject({ kind: z.literal('black-hole') }),
  /** An error with this status, in the wire's own shape; `retryAfterS` sends the header. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retryAfterS: z.number().min(0).optional(),
  }),
  /** The vendor's own way to say that the account is out of credit. */
  z.strictObject({ kind: z.literal('out-of-credit') }),
  /** A web page with status 200. */
  z.strictObject({ kind: z.literal('html') }),

  // Late or broken off.
  /** The stream opens at once, its first token comes late; a plain reply comes late as a whole. */
  z.strictObject({ kind: z.literal('slow-first-token'), ms: afterMs.default(10_000) }),
  /** Stops in the middle, keeps the connection. */
  z.strictObject({ kind: z.literal('stall'), after }),
  /** Closes the connection in the middle. */
  z.strictObject({ kind: z.literal('cut'), after }),
  /** Resets the connection in the middle; without `after`, before anything is answered. */
  z.strictObject({ kind: z.literal('reset'), after: after.unwrap().optional() }),
  /** Ends in good order in the middle: no finish reason, no usage, no terminal event. */
  z.strictObject({ kind: z.literal('early-end'), after }),

  // Wrong in content.
  /** One event whose data is not JSON; the stream goes on after it. */
  z.strictObject({ kind: z.literal('malformed-chunk'), after }),
  /** The body ends, in good order, in the middle of a JSON text. */
  z.strictObject({ kind: z.literal('half-json'), after }),
  /** Status 200, then an error where the answer should be or go on. */
  z.strictObject({ kind: z.literal('error-in-stream'), after }),
  z.strictObject({ kind: z.literal('usage-missing') }),
  /** OpenAI wire: usage on the chunk that carries the finish reason, not on one of its own. */
  z.strictObject({ kind: z.literal('usage-on-content') }),
  /** The same usage comes twice. */
  z.strictObject({ kind: z.literal('usage-twice') }),
  /** No `[DONE]`, no `message_stop`. */
  z.strictObject({ kind: z.literal('no-done') }),

  // Unusual but right: the answer is complete.
  z.strictObject({ kind: z.literal('crlf') }),
  /** Comment lines between the events. */
  z.strictObject({ kind: z.literal('comments') }),
  /** One byte a write, so that characters and lines arrive in parts. */
  z.strictObject({ kind: z.literal('split-bytes') }),
])

/** A fault as it is ordered: what has a default may be left out. */
export type Fault = z.input<typeof faultSchema>
/** A fault as it is acted out. */
export type FullFault = z.output<typeof faultSchema>

export const faultKinds: readonly string[] = faultSchema.options.map(({ shape }) => shape.kind.value)

/** Fills in the defaults. @throws ZodError for numbers out of range */
export const completeFault = (fault: Fault): FullFault => faultSchema.parse(fault)

/**
 * Reads a fault as the `x-sandbox-fault` header has it: `cut`, `stall; after=3`, `status; status=503`, and in short
 * `429; retry-after=2`. Null when it is no fault.
 */
export const parseFault = (text: string): FullFault | null => {
  const [name = '', ...fields] = text.split(';').map((piece) => piece.trim())
  const fault: Record<string, string | number> = /^\d+$/.test(name)
    ? { kind: 'status', status: Number(name) }
    : { kind: name }
  for (const field of fields) {
    const [key = '', value = ''] = field.split('=').map((piece) => piece.trim())
    fault[fieldNames[key] ?? key] = value === '' ? value : Number(value)
  }
  return faultSchema.safeParse(fault).data ?? null
}

const fieldNames: Readonly<Record<string, string>> = { 'retry-after': 'retryAfterS' }
