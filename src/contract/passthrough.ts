import type { JsonObject } from './json.ts'
import type { Asked } from './operation.ts'

/** A call of a provider's own endpoint with its own payload. */
export interface PassthroughRequest extends Asked {
  method: 'GET' | 'POST'
  /** As the caller wrote it: `chat/completions`, `v1beta/models/gemini-3.8-flash:generateContent`. */
  endpoint: string
  /** Google's streams come as server-sent events only where the query says so. */
  asEvents: boolean
  /** Null for GET. */
  body: JsonObject | null
  /** The body as it is sent, byte for byte what the caller wrote. */
  text: string
  /** Of the caller's headers those that a provider may see, by lower-case name. */
  headers: Readonly<Record<string, string>>
}

/** A provider's reply as it came: its head, then its bytes. */
export type RawEvent =
  | { type: 'head'; status: number; headers: Readonly<Record<string, string>> }
  /** `goesOn`: part of a stream that has not come to its end, which a caller reads at once. */
  | { type: 'bytes'; bytes: Uint8Array; goesOn: boolean }
