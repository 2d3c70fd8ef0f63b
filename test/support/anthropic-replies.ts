import { z } from 'zod'

/** The gateway's own part of an answer and of an error, as docs/http-api.md tells it. */
interface Extensions {
  answer: z.ZodType
  error: z.ZodType
}

const count = z.int().min(0)
const usageFields = {
  cache_creation_input_tokens: count.nullable(),
  cache_read_input_tokens: count.nullable(),
  output_tokens: count,
  output_tokens_details: z.strictObject({ thinking_tokens: count }).nullable(),
  server_tool_use: z.null(),
}
const usage = z.looseObject({
  ...usageFields,
  input_tokens: count,
  cache_creation: z.strictObject({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }).nullable(),
  inference_geo: z.null(),
  service_tier: z.null(),
  speed: z.null(),
})

const blocks = {
  text: z.strictObject({ type: z.literal('text'), text: z.string(), citations: z.null() }),
  thinking: z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  redacted_thinking: z.strictObject({ type: z.literal('redacted_thinking'), data: z.string().min(1) }),
  tool_use: z.looseObject({
    type: z.literal('tool_use'),
    id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
    name: z.string().min(1),
    input: z.record(z.string(), z.unknown()),
    caller: z.strictObject({ type: z.literal('direct') }),
  }),
}
const block = z.discriminatedUnion('type', [blocks.text, blocks.thinking, blocks.redacted_thinking, blocks.tool_use])

const stop = {
  stop_reason: z.enum([
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'pause_turn',
    'refusal',
    'model_context_window_exceeded',
  ]),
  stop_sequence: z.string().nullable(),
  stop_details: z
    .strictObject({ type: z.literal('refusal'), category: z.null(), explanation: z.string().nullable() })
    .nullable(),
}
const head = {
  id: z.string().regex(/^msg_\w+$/),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string().min(1),
  container: z.null(),
  diagnostics: z.null(),
}
const silent = { stop_reason: z.null(), stop_sequence: z.null(), stop_details: z.null() }

const deltas = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text_delta'), text: z.string().min(1) }),
  z.strictObject({ type: z.literal('thinking_delta'), thinking: z.string().min(1) }),
  z.strictObject({ type: z.literal('signature_delta'), signature: z.string().min(1) }),
  z.strictObject({ type: z.literal('input_json_delta'), partial_json: z.string().min(1) }),
])
/** The blocks that a piece may belong to. */
const grows: Readonly<Record<z.infer<typeof deltas>['type'], z.infer<typeof block>['type']>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'thinking',
  input_json_delta: 'tool_use',
}

const shapesOf = ({ answer, error }: Extensions) => ({
  message: z.strictObject({ ...head, ...stop, content: z.array(block), usage, gateway: answer }),
  count: z.strictObject({ input_tokens: count }),
  error: z.strictObject({
    type: z.literal('error'),
    error: z.strictObject({
      type: z.enum([
        'invalid_request_error',
        'authentication_error',
        'billing_error',
        'permission_error',
        'not_found_error',
        'request_too_large',
        'rate_limit_error',
        'timeout_error',
        'api_error',
        'overloaded_error',
      ]),
      message: z.string().min(1),
      details: z.strictObject({ error_code: z.string().min(1), param: z.string().min(1).nullable() }),
      gateway: error,
    }),
    request_id: z.string().regex(/^req_/),
  }),
  event: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('message_start'),
      message: z.strictObject({ ...head, ...silent, content: z.tuple([]), usage }),
    }),
    z.strictObject({ type: z.literal('content_block_start'), index: count, content_block: block }),
    z.strictObject({ type: z.literal('content_block_delta'), index: count, delta: deltas }),
    z.strictObject({ type: z.literal('content_block_stop'), index: count }),
    z.strictObject({
      type: z.literal('message_delta'),
      delta: z.strictObject({ ...stop, container: z.null() }),
      usage,
      gateway: answer,
    }),
    z.strictObject({ type: z.literal('message_stop') }),
    z.strictObject({ type: z.literal('ping') }),
  ]),
})
type Shapes = ReturnType<typeof shapesOf>

/** Judges replies of `/v1/messages`, after the types of Anthropic's SDK and the grammar of its streams. */
export const createAnthropicJudge = (extensions: Extensions) => {
  const shapes = shapesOf(extensions)
  return (reply: { path: string; status: number; contentType: string; body: string }): readonly string[] => {
    if (reply.contentType.startsWith('text/event-stream')) return faultsOfStream(reply.body, shapes)
    if (reply.status >= 400) return faultsOf(shapes.error, reply.body)
    return faultsOf(reply.path.endsWith('/count_tokens') ? shapes.count : shapes.message, reply.body)
  }
}

const faultsOf = (schema: z.ZodType, text: string): string[] => {
  try {
    const issues = schema.safeParse(JSON.parse(text)).error?.issues ?? []
    return issues.map(({ path, message }) => `/${path.map(String).join('/')} ${message}`)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return ['/ is no JSON']
    throw thrown
  }
}

/** A stream that was cut ends within an event, which nobody can read: that rest is not looked at. */
const faultsOfStream = (body: string, shapes: Shapes): string[] => {
  const events = body.split('\n\n').slice(0, -1)
  const follow = createGrammar()
  return events.flatMap((text, position) => {
    const [name, data] = /^event: (\w+)\ndata: (.+)$/s.exec(text)?.slice(1) ?? []
    if (name === undefined || data === undefined) return [`event ${position}: / is no "event: … data: …"`]
    const schema = name === 'error' ? shapes.error : shapes.event
    const faults = faultsOf(schema, data)
    if (faults.length > 0) return faults.map((fault) => `event ${position}: ${fault}`)
    if (name === 'error') return position === events.length - 1 ? [] : [`event ${position}: / goes on after an error`]
    const event = shapes.event.parse(JSON.parse(data))
    const fault = event.type === name ? follow(event) : 'is called by another name'
    return fault === null ? [] : [`event ${position}: / ${name} ${fault}`]
  })
}

/** The order of events: one block at a time, numbered without gaps, and everything between the two ends of the message. */
const createGrammar = () => {
  let state: 'before' | 'open' | 'ending' | 'over' = 'before'
  let blockCount = 0
  let running: z.infer<typeof block>['type'] | null = null
  const expect = (isRight: boolean, fault: string): string | null => (isRight ? null : fault)

  return (event: z.infer<Shapes['event']>): string | null => {
    switch (event.type) {
      case 'ping':
        return expect(state !== 'over', 'comes after the end')
      case 'message_start': {
        const was = state
        state = 'open'
        return expect(was === 'before', 'is not the first')
      }
      case 'content_block_start': {
        const isRight = state === 'open' && running === null && event.index === blockCount
        blockCount++
        running = event.content_block.type
        return expect(isRight, 'is out of turn')
      }
      case 'content_block_delta':
        return expect(running === grows[event.delta.type] && event.index === blockCount - 1, 'is of no open block')
      case 'content_block_stop': {
        const isRight = running !== null && event.index === blockCount - 1
        running = null
        return expect(isRight, 'ends no open block')
      }
      case 'message_delta': {
        const isRight = state === 'open' && running === null
        state = 'ending'
        return expect(isRight, 'comes before the last block ended')
      }
      case 'message_stop': {
        const isRight = state === 'ending'
        state = 'over'
        return expect(isRight, 'comes before message_delta')
      }
    }
  }
}
