import { z } from 'zod'

const after = z.int().min(0).max(100_000).default(2)
const ms = z
  .int()
  .min(0)
  .max(24 * 3_600_000)

/**
 * Everything that can be made to go wrong. `after` counts the pieces of the answer that still arrive; in a reply that is
 * not streamed, half of the body does. The descriptions are what `sandbox --fault list` prints.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  // Instead of an answer.
  z.strictObject({ kind: z.literal('refuse') }).describe('Takes the request and closes the connection.'),
  z.strictObject({ kind: z.literal('black-hole') }).describe('Takes the request and never answers.'),
  z
    .strictObject({
      kind: z.literal('status'),
      status: z.int().min(400).max(599),
      retryAfterS: z.number().min(0).optional(),
    })
    .describe(
      "Answers with an error of this status in the wire's own shape; retry-after, in seconds, sends that header.",
    ),
  z
    .strictObject({ kind: z.literal('out-of-credit') })
    .describe("The vendor's own way to say that the account is out of credit."),
  z.strictObject({ kind: z.literal('html') }).describe('A web page with status 200.'),

  // Late or broken off.
  z
    .strictObject({ kind: z.literal('slow-first-token'), ms: ms.default(10_000) })
    .describe('The stream opens at once, its first token comes late; a plain reply comes late as a whole.'),
  z
    .strictObject({ kind: z.literal('slow-drain'), ms: ms.default(1_000) })
    .describe('The answer dribbles: one piece every so many milliseconds; a plain reply 64 bytes at a time.'),
  z.strictObject({ kind: z.literal('stall'), after }).describe('Stops in the middle, keeps the connection.'),
  z.strictObject({ kind: z.literal('cut'), after }).describe('Closes the connection in the middle.'),
  z
    .strictObject({ kind: z.literal('reset'), after: after.unwrap().optional() })
    .describe('Resets the connection in the middle; without "after", before anything is answered.'),
  z
    .strictObject({ kind: z.literal('early-end'), after })
    .describe('Ends in good order in the middle: no finish reason, no usage, no terminal event.'),

  // Wrong in content.
  z
    .strictObject({ kind: z.literal('malformed-chunk'), after })
    .describe('One event whose data is not JSON, and the stream goes on after it; a plain reply is broken JSON.'),
  z
    .strictObject({ kind: z.literal('half-json'), after })
    .describe('The body ends, in good order, in the middle of a JSON text.'),
  z
    .strictObject({ kind: z.literal('wrong-type'), after })
    .describe('JSON of another type than the wire has: one event of a stream, or the answer in a plain reply.'),
  z
    .strictObject({ kind: z.literal('error-in-stream'), after })
    .describe('Status 200, then an error where the answer should be or go on.'),
  z.strictObject({ kind: z.literal('usage-missing') }).describe('No usage anywhere.'),
  z
    .strictObject({ kind: z.literal('usage-on-content') })
    .describe('OpenAI wire: usage on the chunk that carries the finish reason, not on one of its own.'),
  z
    .strictObject({ kind: z.literal('usage-twice') })
    .describe('The same usage comes twice (not on the Responses wire, where it is in the last event).'),
  z.strictObject({ kind: z.literal('no-done') }).describe('No "[DONE]", no "message_stop", no "response.completed".'),

  // Unusual but right: the answer is complete.
  z.strictObject({ kind: z.literal('crlf') }).describe('Lines of a stream end in CRLF.'),
  z.strictObject({ kind: z.literal('comments') }).describe('Comment lines between the events.'),
  z
    .strictObject({ kind: z.literal('split-bytes') })
    .describe('One byte a write, so that characters and lines arrive in parts.'),
])

/** A fault as it is ordered: what has a default may be left out. */
export type Fault = z.input<typeof faultSchema>
/** A fault as it is acted out. */
export type FullFault = z.output<typeof faultSchema>

/** Fills in the defaults. @throws ZodError for numbers out of range */
export const completeFault = (fault: Fault): FullFault => faultSchema.parse(fault)

/**
 * Reads a fault as people write it, in the `x-sandbox-fault` header and on the command line: `cut`, `stall; after=3`,
 * `status; status=503`, and in short `429; retry-after=2`. Null when it is no fault.
 */
export const parseFault = (text: string): FullFault | null => {
  const [name = '', ...fields] = text.split(';').map((piece) => piece.trim())
  const fault: Record<string, string | number> = /^\d+$/.test(name)
    ? { kind: 'status', status: Number(name) }
    : { kind: name }
  for (const field of fields) {
    const [key = '', value = ''] = field.split('=').map((piece) => piece.trim())
    fault[key === writtenRetryAfter ? 'retryAfterS' : key] = value === '' ? value : Number(value)
  }
  return faultSchema.safeParse(fault).data ?? null
}

/** How `retryAfterS` is written: like the header that it sends. */
export const writtenRetryAfter = 'retry-after'
