import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import { refusalIn } from './replies.ts'
import type { Refusal } from './replies.ts'
import type { Opened } from './send.ts'

const chunkShape = z.object({
  choices: z.array(
    z.object({
      delta: z.looseObject({ content: z.string().nullish(), reasoning_content: z.string().nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage: z.looseObject({}).nullish(),
  gateway: z
    .looseObject({ timings: z.looseObject({ first_token_ms: z.number().nullish(), total_ms: z.number() }) })
    .nullish(),
})

/** A stream as it was heard. Times are from `startedAtMs` on. */
export interface Heard {
  /** When text came, what came together counting once. */
  arrivalsMs: number[]
  /** How many pieces of text there were. */
  texts: number
  finishReason: string | null
  usage: boolean
  /** `[DONE]` came. */
  done: boolean
  /** The error that came as an event. */
  error: Refusal | null
  /** An event that is neither JSON of a known shape nor `[DONE]`. */
  strange: string | null
  /** The gateway's own clock, where it tells: first token and end. */
  timings: { firstTokenMs: number; totalMs: number } | null
  /** For how long the doctor itself was held up at most, in which it takes what came one by one for one piece. */
  stallMs: number
  elapsedMs: number
  /** What broke the stream off; null where it ended by itself. */
  broken: unknown
}

/** Pieces that come within this time were sent in one. */
const togetherMs = 2

/**
 * Listens to a stream until it ends, breaks, says nothing for `silenceMs`, or `enough` says so; then the connection is
 * closed. Never throws for what the stream does.
 */
export const readStream = async (
  { response }: Pick<Opened, 'response'>,
  options: { startedAtMs: number; silenceMs: number; enough?: (heard: Heard) => boolean },
): Promise<Heard> => {
  const { startedAtMs, silenceMs, enough = () => false } = options
  const heard: Heard = {
    arrivalsMs: [],
    texts: 0,
    finishReason: null,
    usage: false,
    done: false,
    error: null,
    strange: null,
    timings: null,
    stallMs: 0,
    elapsedMs: 0,
    broken: null,
  }
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const watch = setTimeout(
    () => response.destroy(new DOMException('The stream fell silent.', 'TimeoutError')),
    silenceMs,
  )
  let atMs = 0
  const parser = createParser({ onEvent: ({ data }) => take(heard, data, atMs) })
  const decoder = new TextDecoder()
  try {
    for await (const chunk of response) {
      atMs = performance.now() - startedAtMs
      watch.refresh()
      if (Buffer.isBuffer(chunk)) parser.feed(decoder.decode(chunk, { stream: true }))
      if (enough(heard)) break
    }
    parser.feed('\n\n')
  } catch (error) {
    heard.broken = error
  } finally {
    clearTimeout(watch)
    delay.disable()
  }
  heard.stallMs = delay.max / 1e6
  heard.elapsedMs = performance.now() - startedAtMs
  return heard
}

const take = (heard: Heard, data: string, atMs: number): void => {
  if (data === '[DONE]') {
    heard.done = true
    return
  }
  const json = parse(data)
  const error = refusalIn(json)
  const chunk = chunkShape.safeParse(json).data
  if (error !== null) heard.error ??= error
  else if (chunk === undefined) heard.strange ??= data
  else takeChunk(heard, chunk, atMs)
}

const takeChunk = (heard: Heard, chunk: z.output<typeof chunkShape>, atMs: number): void => {
  for (const { delta, finish_reason: finishReason } of chunk.choices) {
    if (delta?.content || delta?.reasoning_content) {
      heard.texts += 1
      if (atMs - (heard.arrivalsMs.at(-1) ?? -Infinity) > togetherMs) heard.arrivalsMs.push(atMs)
    }
    heard.finishReason ??= finishReason ?? null
  }
  if (chunk.usage) heard.usage = true
  const timings = chunk.gateway?.timings
  if (timings?.first_token_ms != null)
    heard.timings = { firstTokenMs: timings.first_token_ms, totalMs: timings.total_ms }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
