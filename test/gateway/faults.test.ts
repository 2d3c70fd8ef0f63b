import { describe, expect, test } from 'vitest'
import { startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { openaiSchemaAvailable, validateError } from '../support/openai-schema.ts'
import type { Act } from '../support/upstream.ts'

/** What a caller sees of a provider's fault. */
type Seen =
  /** A whole answer; he need not know. */
  | 'whole'
  /** An error with this status and code, before anything else. */
  | `${number} ${string}`
  /** Text, then an error event with this code, and no `[DONE]`. */
  | `broken ${string}`

interface Fault {
  name: string
  act: Exclude<Act, 'honest'>
  /** The provider does it once, and is honest when asked again. */
  once: { stream: Seen; plain: Seen }
  /** The provider does it every time. */
  always: { stream: Seen; plain: Seen }
}

const both = (seen: Seen): { stream: Seen; plain: Seen } => ({ stream: seen, plain: seen })
const hides = (code: Seen): Pick<Fault, 'once' | 'always'> => ({ once: both('whole'), always: both(code) })
const breaks = (code: string): Pick<Fault, 'once' | 'always'> => ({
  once: { stream: `broken ${code}`, plain: 'whole' },
  always: { stream: `broken ${code}`, plain: `${code === 'provider_stalled' ? 504 : 502} ${code}` },
})

const faults: Fault[] = [
  { name: 'closes the connection', act: { kind: 'refuse' }, ...hides('502 provider_unreachable') },
  { name: 'resets the connection', act: { kind: 'reset' }, ...hides('502 provider_unreachable') },
  { name: 'limits without Retry-After', act: { kind: 'status', status: 429 }, ...hides('429 provider_rate_limited') },
  {
    name: 'limits with a long Retry-After',
    act: { kind: 'status', status: 429, retryAfterS: 600 },
    ...hides('429 provider_rate_limited'),
  },
  { name: 'answers 500', act: { kind: 'status', status: 500 }, ...hides('502 provider_failed') },
  { name: 'answers 503', act: { kind: 'status', status: 503 }, ...hides('503 provider_overloaded') },
  { name: 'answers 529', act: { kind: 'status', status: 529 }, ...hides('503 provider_overloaded') },
  { name: 'refuses the key', act: { kind: 'status', status: 401 }, ...hides('502 provider_auth') },
  { name: 'is out of credit', act: { kind: 'out-of-credit' }, ...hides('502 provider_out_of_credit') },
  { name: 'never answers', act: { kind: 'black-hole' }, ...hides('504 provider_timeout') },
  { name: 'sends a web page', act: { kind: 'html' }, ...hides('502 provider_bad_reply') },
  { name: 'stalls', act: { kind: 'stall', after: 4 }, ...breaks('provider_stalled') },
  { name: 'cuts', act: { kind: 'cut', after: 4 }, ...breaks('provider_cut') },
  { name: 'resets in the middle', act: { kind: 'reset', after: 4 }, ...breaks('provider_cut') },
  {
    name: 'ends early in good order',
    act: { kind: 'early-end', after: 4 },
    once: { stream: 'broken provider_cut', plain: 'whole' },
    always: { stream: 'broken provider_cut', plain: '502 provider_bad_reply' },
  },
  {
    name: 'sends an event that is not JSON',
    act: { kind: 'malformed-chunk', after: 4 },
    once: { stream: 'broken provider_bad_reply', plain: 'whole' },
    always: { stream: 'broken provider_bad_reply', plain: '502 provider_bad_reply' },
  },
  {
    name: 'sends a piece of another type than its wire has',
    act: { kind: 'wrong-type', after: 4 },
    once: { stream: 'broken provider_bad_reply', plain: 'whole' },
    always: { stream: 'broken provider_bad_reply', plain: '502 provider_bad_reply' },
  },
  {
    name: 'ends in half a JSON text',
    act: { kind: 'half-json', after: 4 },
    once: { stream: 'broken provider_cut', plain: 'whole' },
    always: { stream: 'broken provider_cut', plain: '502 provider_bad_reply' },
  },
  ...(['crlf', 'comments', 'split-bytes', 'no-done', 'usage-missing', 'usage-on-content', 'usage-twice'] as const).map(
    (kind): Fault => ({ name: kind, act: { kind }, once: both('whole'), always: both('whole') }),
  ),
  {
    name: 'dribbles its answer, each piece in time',
    act: { kind: 'slow-drain', ms: 5 },
    once: both('whole'),
    always: both('whole'),
  },
  {
    name: 'is late with its first token',
    act: { kind: 'slow-first-token', ms: 60 },
    once: both('whole'),
    always: both('whole'),
  },
]

const impatient = (): Promise<TestApp> =>
  startApp({
    change: (config) => ({
      ...config,
      providers: config.providers.map((row) => ({
        ...row,
        timeouts: { ...row.timeouts, firstByteMs: 800, stallMs: 800 },
      })),
    }),
  })

const responsesModel = 'openai:gpt-6.1-terra'

const look = async (it: TestApp, model: string, stream: boolean): Promise<string> => {
  const response = await fetch(`${it.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      stream,
      use_cache: false,
      messages: [{ role: 'user', content: 'Tell me of the sea.' }],
      // Tools lead OpenAI's models that reason to the Responses wire; this one is of no use for the question.
      ...(model === responsesModel && { tools: [{ type: 'function', function: { name: 'bake' } }] }),
    }),
  })
  const text = await response.text()
  if (response.status !== 200) {
    const body = JSON.parse(text)
    if (openaiSchemaAvailable) expect(validateError(body)).toEqual([])
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    return `${response.status} ${body.error.code}`
  }
  if (!stream) return JSON.parse(text).choices[0].finish_reason === 'stop' ? 'whole' : text
  const failed = /data: (\{"error".*\})/.exec(text)?.[1]
  if (failed === undefined) return text.endsWith('data: [DONE]\n\n') ? 'whole' : text
  expect(text).not.toContain('[DONE]')
  return `broken ${JSON.parse(failed).error.code}`
}

/** Each wire has its own error to put into a 200: OpenAI's is a failure, Anthropic's an overload. */
const errorInside = (code: string, status: number): Fault => ({
  name: 'puts an error into a 200',
  act: { kind: 'error-in-stream', after: 4 },
  once: { stream: `broken ${code}`, plain: 'whole' },
  always: { stream: `broken ${code}`, plain: `${status} ${code}` },
})

/** The last event of the Responses wire is all of its end: without it a stream is cut. An error in a stream says more. */
const responsesFaults: Fault[] = [
  ...faults.filter(({ name }) => name !== 'no-done'),
  {
    name: 'no-done',
    act: { kind: 'no-done' },
    once: { stream: 'broken provider_cut', plain: 'whole' },
    always: { stream: 'broken provider_cut', plain: 'whole' },
  },
  {
    ...errorInside('provider_overloaded', 503),
    always: { stream: 'broken provider_overloaded', plain: '502 provider_failed' },
  },
]

describe.each([
  ['openai-chat', 'openai-compatible:house', [...faults, errorInside('provider_failed', 502)]],
  ['openai-responses', responsesModel, responsesFaults],
  ['anthropic', 'claude-haiku-5-5', [...faults, errorInside('provider_overloaded', 503)]],
] as const)('what a caller sees when a provider on the %s wire', (_wire, model, ownFaults) => {
  describe.each(ownFaults)('$name', ({ act, once, always }) => {
    test.each([
      ['a stream', true],
      ['a plain reply', false],
    ])('in %s', async (_what, stream) => {
      const kind = stream ? 'stream' : 'plain'
      const isKeyFault =
        'kind' in act && (act.kind === 'out-of-credit' || ('status' in act && [401, 429].includes(act.status ?? 0)))
      // With one key there is nobody to ask again about a key at fault; the journey's own tests have two.
      if (!isKeyFault) {
        await using passing = await impatient()
        passing.upstream.script([act])
        expect(await look(passing, model, stream), 'once').toBe(once[kind])
      }
      await using lasting = await impatient()
      lasting.upstream.script(Array.from({ length: 10 }, () => act))
      expect(await look(lasting, model, stream), 'always').toBe(always[kind])
    })
  })
})
