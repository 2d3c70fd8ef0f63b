import type { Readable } from 'node:stream'
import { createParser } from 'eventsource-parser'
import { Agent, request } from 'undici'
import { faultOfText, inputTokensOf, writeOrder } from './order.ts'
import type { Order } from './order.ts'

/** What became of one request, as its caller saw it. */
export type Heard =
  /** The end came. `fault`: what was wrong with the answer all the same. */
  | { kind: 'whole'; call: number; requestId: string; costNanoUsd: string; fault: string | null }
  /** An error in place of an answer, or an error event at the end of one. */
  | { kind: 'refused'; call: number; status: number; code: string; retryAfterS: number | null }
  /** No connection, or it closed before a byte of the answer. */
  | { kind: 'unreached'; call: number; why: string }
  /** The answer began and has no end of any kind. */
  | { kind: 'broken'; call: number; why: string }
  | { kind: 'left'; call: number }

interface AskOptions {
  stream: boolean
  /** Told of each frame as it comes. */
  onFrame?: (frame: number) => void
  /** Takes the body instead of reading it at once; it must read it to its end. */
  read?: (body: Readable, take: (bytes: Uint8Array) => void) => Promise<void>
  signal?: AbortSignal
}

export interface Callers extends AsyncDisposable {
  ask(order: Order, options: AskOptions): Promise<Heard>
}

/** Callers of one gateway, over kept connections, as many as it takes. `key`: what they show, where it asks for one. */
export const createCallers = (url: () => string, key: string | null = null): Callers => {
  const patienceMs = 120_000
  const agent = new Agent({ headersTimeout: patienceMs, bodyTimeout: patienceMs, pipelining: 1 })

  return {
    ask: async (order, { stream, onFrame, read = readAtOnce, signal }) => {
      const { call } = order
      let status: number | null = null
      try {
        const reply = await request(`${url()}/v1/chat/completions`, {
          dispatcher: agent,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          },
          body: JSON.stringify(bodyOf(order, stream)),
          ...(signal === undefined ? {} : { signal }),
        })
        status = reply.statusCode
        const requestId = String(reply.headers['x-request-id'])
        const listener =
          status === 200 && stream
            ? listenToStream(order, onFrame)
            : listenToReply(order, status, retryAfterOf(reply.headers['retry-after']))
        const decoder = new TextDecoder()
        await read(reply.body, (bytes) => listener.add(decoder.decode(bytes, { stream: true })))
        return listener.end(requestId)
      } catch (thrown) {
        if (signal?.aborted) return { kind: 'left', call }
        const why = thrown instanceof Error ? thrown.message || String(thrown.cause ?? thrown.name) : String(thrown)
        return { kind: status === null ? 'unreached' : 'broken', call, why }
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

const bodyOf = (order: Order, stream: boolean): object => ({
  model: 'load:gpt-6-luna',
  messages: [{ role: 'user', content: writeOrder(order) }],
  user: String(order.call),
  use_cache: false,
  ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
})

const retryAfterOf = (header: unknown): number | null => (typeof header === 'string' ? Number(header) : null)

const readAtOnce = async (body: Readable, take: (bytes: Uint8Array) => void): Promise<void> => {
  for await (const bytes of body) take(bytes)
}

interface Listener {
  add(text: string): void
  end(requestId: string): Heard
}

const listenToReply = (order: Order, status: number, retryAfterS: number | null): Listener => {
  const { call } = order
  let text = ''
  return {
    add: (more) => void (text += more),
    end: (requestId) => {
      const body = JSON.parse(text)
      if (status !== 200) return { kind: 'refused', call, status, code: String(body.error?.code), retryAfterS }
      const { message, finish_reason: finish } = body.choices[0]
      const { gateway, usage } = body
      const fault = faultOf(order, requestId, { text: message.content, finish, usage, gateway })
      return { kind: 'whole', call, requestId, costNanoUsd: gateway?.cost_nano_usd, fault }
    },
  }
}

const listenToStream = (order: Order, onFrame: (frame: number) => void = () => undefined): Listener => {
  const { call } = order
  const pieces: string[] = []
  let finish: string | null = null
  let usage: unknown = null
  let gateway: { request_id: string; cost_nano_usd: string } | null = null
  let error: { code: string } | null = null
  let done = false
  let afterEnd = false

  const parser = createParser({
    onEvent: ({ data }) => {
      afterEnd ||= done
      if (data === '[DONE]') {
        done = true
        return
      }
      const event = JSON.parse(data)
      const [choice] = event.choices ?? []
      error ??= event.error ?? null
      usage = event.usage ?? usage
      gateway = event.gateway ?? gateway
      finish = choice?.finish_reason ?? finish
      const text: string = choice?.delta?.content ?? ''
      if (text === '') return
      pieces.push(text)
      onFrame(pieces.length - 1)
    },
  })
  return {
    add: (text) => parser.feed(text),
    end: (requestId) => {
      if (error) return { kind: 'refused', call, status: 200, code: String(error.code), retryAfterS: null }
      if (!done) return { kind: 'broken', call, why: 'it ended without [DONE]' }
      const said = { text: pieces.join(''), finish, usage, gateway }
      const fault = afterEnd ? 'something came after [DONE]' : faultOf(order, requestId, said)
      return { kind: 'whole', call, requestId, costNanoUsd: gateway?.cost_nano_usd ?? '', fault }
    },
  }
}

interface Said {
  text: string
  finish: unknown
  usage: unknown
  gateway: unknown
}

const faultOf = (order: Order, requestId: string, { text, finish, usage, gateway }: Said): string | null => {
  const ofText = faultOfText(text, order)
  if (ofText !== null) return ofText
  if (finish !== 'stop') return `it finished with ${String(finish)}`
  const { prompt_tokens: input, completion_tokens: output } = Object(usage)
  if (input !== inputTokensOf(order.call) || output !== order.frames)
    return `its usage is ${input} and ${output} tokens, not ${inputTokensOf(order.call)} and ${order.frames}`
  const { request_id: id, cost_nano_usd: cost } = Object(gateway)
  if (typeof cost !== 'string') return 'its cost is missing'
  return id === requestId ? null : `it carries the id of ${String(id)}`
}
