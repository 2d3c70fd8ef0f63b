import type { JsonObject } from '../contract/json.ts'

/** What an event of a stream is for; faults find their place by it. */
type Part = 'open' | 'content' | 'ping' | 'finish' | 'usage' | 'done' | 'whole'

export interface SseEvent {
  part: Part
  /** The `event:` line, where the wire has one. */
  name?: string
  data: JsonObject | '[DONE]'
}

/** A reply as the wire has it, before anything is sent. */
export type Reply = { status: number; headers: Readonly<Record<string, string>> } & (
  | { shape: 'whole'; body: JsonObject }
  | { shape: 'stream'; events: readonly SseEvent[] }
)

/** One thing that happens on the connection. A list of them is a score: written first, played after. */
export type Step =
  | { do: 'head'; status: number; headers: Readonly<Record<string, string>> }
  | { do: 'write'; part: Part; text: string }
  | { do: 'bytes'; bytes: Uint8Array }
  | { do: 'pause'; ms: number }
  /** Goes on when the promise resolves. */
  | { do: 'wait'; until: Promise<unknown> }
  | { do: 'end' }
  /** Says nothing more and keeps the connection open until the caller leaves. */
  | { do: 'hold' }
  /** Closes the connection in the middle of the body. */
  | { do: 'cut' }
  /** The same with a TCP reset. */
  | { do: 'reset' }

export type Score = readonly Step[]

/** How fast the sandbox answers. */
export interface Pace {
  /** From the request to the reply's first byte. */
  firstTokenMs: number
  /** Between two pieces of an answer. */
  betweenTokensMs: number
}

/** The honest score of a reply: its head, then its body at the given pace, then a clean end. */
export const scoreReply = (reply: Reply, pace: Pace): Score => {
  const opening: Step[] = [
    { do: 'pause', ms: pace.firstTokenMs },
    { do: 'head', status: reply.status, headers: reply.headers },
  ]
  if (reply.shape === 'whole') {
    return [...opening, { do: 'write', part: 'whole', text: JSON.stringify(reply.body) }, { do: 'end' }]
  }
  const body = reply.events.flatMap((event): Step[] => [
    { do: 'write', part: event.part, text: frame(event) },
    ...(event.part === 'content' ? [{ do: 'pause', ms: pace.betweenTokensMs } as const] : []),
  ])
  return [...opening, ...body, { do: 'end' }]
}

/** An event as server-sent events are framed. */
export const frame = ({ name, data }: Omit<SseEvent, 'part'>): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${data === '[DONE]' ? data : JSON.stringify(data)}\n\n`
