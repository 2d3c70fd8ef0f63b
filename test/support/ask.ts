import type { Caller } from '../../src/contract/caller.ts'
import type { ChatRequest } from '../../src/contract/chat.ts'
import type { GatewayError } from '../../src/contract/errors.ts'
import type { GatewayEvent, RequestContext } from '../../src/contract/journey.ts'
import { readChatBody } from '../../src/contract/openai-request.ts'

const known = {
  providers: new Set(['openai', 'anthropic', 'openrouter', 'xai', 'groq', 'mistral', 'deepseek', 'openai-compatible']),
}
const caller: Caller = { id: 'local', name: 'local', scope: 'admin' }
let asked = 0

/** A request as an OpenAI client would write it; `text` is the user's turn. */
export const ask = (text: string, fields: Record<string, unknown> = {}): ChatRequest =>
  readChatBody({ model: 'gpt-6-luna', messages: [{ role: 'user', content: text }], ...fields }, known).request

/** Who asks, with an id of its own. */
export const context = (fields: Partial<RequestContext> = {}): RequestContext => ({
  requestId: `req_${(asked += 1)}`,
  caller,
  face: 'http',
  clientRequestId: null,
  traceId: null,
  hops: [],
  incremental: true,
  signal: new AbortController().signal,
  ...fields,
})

/** Everything that came, and what it ended with. */
export interface Heard {
  events: GatewayEvent[]
  text: string
  error: GatewayError | null
}

/** Listens until the end, whatever it is. */
export const hear = async (stream: AsyncIterable<GatewayEvent>): Promise<Heard> => {
  const events: GatewayEvent[] = []
  const textOf = (): string => events.map((event) => (event.type === 'text' ? event.text : '')).join('')
  try {
    for await (const event of stream) events.push(event)
    return { events, text: textOf(), error: null }
  } catch (error) {
    if (!isGatewayError(error)) throw error
    return { events, text: textOf(), error }
  }
}

const isGatewayError = (error: unknown): error is GatewayError =>
  error instanceof Error && error.name === 'GatewayError'
