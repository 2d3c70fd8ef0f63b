import type { JsonObject } from '../contract/json.ts'
import type { FullFault } from './fault.ts'
import { frame, scoreReply, type Pace, type Reply, type Score, type SseEvent, type Step } from './score.ts'
import type { Problem, Wire } from './wire.ts'

const notice = 'Simulated fault.'
const page = '<!doctype html><html><head><title>Sandbox</title></head><body><h1>Simulated fault</h1></body></html>'

/** Writes the score of a reply with one fault in it. */
export const actOut = (fault: FullFault, reply: Reply, wire: Wire, pace: Pace): Score => {
  const honest = scoreReply(reply, pace)
  // An error has the request id of the reply in whose place it comes.
  const problem = (detail: Problem): Reply => {
    const made = wire.problem(detail)
    return { ...made, headers: { ...reply.headers, ...made.headers } }
  }
  switch (fault.kind) {
    case 'refuse':
      return [{ do: 'cut' }]
    case 'black-hole':
      return [{ do: 'hold' }]
    case 'status': {
      const headers = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) }
      return scoreReply(problem({ status: fault.status, message: notice, headers }), pace)
    }
    case 'out-of-credit':
      return scoreReply(problem(wire.outOfCredit), pace)
    case 'html':
      return [
        { do: 'head', status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } },
        { do: 'write', part: 'whole', text: page },
        { do: 'end' },
      ]
    case 'slow-first-token': {
      const at =
        reply.shape === 'whole' ? 0 : honest.findIndex((step) => step.do === 'write' && step.part === 'content')
      return honest.toSpliced(Math.max(at, 0), 0, { do: 'pause', ms: fault.ms })
    }
    case 'slow-drain':
      return honest.flatMap((step) => (step.do === 'write' ? dribble(step, fault.ms) : [step]))
    case 'stall':
      return [...upTo(honest, fault.after), { do: 'hold' }]
    case 'cut':
      return [...upTo(honest, fault.after), { do: 'cut' }]
    case 'reset':
      return fault.after === undefined ? [{ do: 'reset' }] : [...upTo(honest, fault.after), { do: 'reset' }]
    case 'early-end':
      return [...upTo(honest, fault.after), { do: 'end' }]
    case 'malformed-chunk': {
      const before = upTo(honest, fault.after)
      return [
        ...before,
        { do: 'write', part: 'content', text: 'data: {"simulated": broken\n\n' },
        ...honest.slice(before.length),
      ]
    }
    case 'half-json': {
      const before = upTo(honest, fault.after)
      const next = honest[before.length]
      // A plain reply has been halved by `upTo`; of a stream the next event is.
      const half: Step[] = reply.shape === 'stream' && next?.do === 'write' ? [halve(next)] : []
      return [...before, ...half, { do: 'end' }]
    }
    case 'wrong-type':
      return scoreReply(withWrongType(reply, fault.after), pace)
    case 'error-in-stream': {
      const detail = { status: 529, message: notice }
      if (reply.shape === 'whole') return scoreReply({ ...problem(detail), status: 200 }, pace)
      return [
        ...upTo(honest, fault.after),
        { do: 'write', part: 'done', text: frame(wire.problemEvent(detail)) },
        { do: 'end' },
      ]
    }
    case 'usage-missing':
      return scoreReply(withoutUsage(reply), pace)
    case 'usage-on-content':
      return scoreReply(withUsageOnFinish(reply), pace)
    case 'usage-twice':
      return honest.flatMap((step) => (step.do === 'write' && step.part === 'usage' ? [step, step] : [step]))
    case 'no-done':
      return honest.filter((step) => step.do !== 'write' || step.part !== 'done')
    case 'crlf':
      // JSON has no raw line breaks: every one belongs to the framing.
      return mapText(honest, (text) => text.replaceAll('\n', '\r\n'))
    case 'comments':
      return mapText(honest, (text) => `: simulated comment\n\n${text}`)
    case 'split-bytes':
      return honest.flatMap((step): Step[] =>
        step.do === 'write'
          ? Array.from(Buffer.from(step.text)).flatMap((byte): Step[] => [
              { do: 'bytes', bytes: Uint8Array.of(byte) },
              { do: 'pause', ms: 0 },
            ])
          : [step],
      )
  }
}

/** A score until `pieces` pieces of the answer are out, or the answer ends; of a plain reply, its head and half its body. */
const upTo = (score: Score, pieces: number): Score => {
  let left = pieces
  const end = score.findIndex((step) => {
    if (step.do !== 'write') return step.do === 'end'
    if (step.part === 'content') return left-- === 0
    return step.part !== 'open' && step.part !== 'ping'
  })
  const at = score[end]
  const before = score.slice(0, end)
  return at?.do === 'write' && at.part === 'whole' ? [...before, halve(at)] : before
}

const halve = (step: Step & { do: 'write' }): Step => ({
  ...step,
  text: step.text.slice(0, Math.floor(step.text.trimEnd().length / 2)),
})

/** A piece of an answer after a pause; a body in one piece a few bytes at a time. What is no answer comes as it does. */
const dribble = (step: Step & { do: 'write' }, ms: number): Step[] => {
  if (step.part === 'content') return [{ do: 'pause', ms }, step]
  if (step.part !== 'whole') return [step]
  const body = Buffer.from(step.text)
  return Array.from({ length: Math.ceil(body.length / dribbleBytes) }, (_, piece): Step[] => [
    { do: 'pause', ms },
    { do: 'bytes', bytes: body.subarray(piece * dribbleBytes, (piece + 1) * dribbleBytes) },
  ]).flat()
}

const dribbleBytes = 64

const mapText = (score: Score, change: (text: string) => string): Score =>
  score.map((step) => (step.do === 'write' && step.part !== 'whole' ? { ...step, text: change(step.text) } : step))

const withWrongType = (reply: Reply, after: number): Reply => {
  if (reply.shape === 'whole') return { ...reply, body: mistype(reply.body) }
  const content = reply.events.filter(({ part }) => part === 'content')
  const spoiled = content[Math.min(after, content.length - 1)]
  const events = reply.events.map((event) =>
    event === spoiled && event.data !== '[DONE]' ? { ...event, data: mistype(event.data) } : event,
  )
  return { ...reply, events }
}

/** Where an answer lies, on any wire: a list or an object becomes a text, a text becomes a list. */
const answerFields = new Set(['choices', 'content', 'output', 'delta', 'candidates'])

const mistype = (body: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (!answerFields.has(name)) return [name, value]
      return [name, typeof value === 'string' ? [notice] : notice]
    }),
  )

const withoutUsage = (reply: Reply): Reply => {
  if (reply.shape === 'whole') return { ...reply, body: omitUsage(reply.body) }
  const events = reply.events.flatMap((event): SseEvent[] => {
    if (event.data === '[DONE]') return [event]
    // The chat wire's usage chunk says nothing else; on the others usage rides on events that do.
    if (event.part === 'usage' && event.name === undefined) return []
    const carriers = ['message', 'response'].flatMap((name): [string, JsonObject][] => {
      const carrier = event.data === '[DONE]' ? undefined : event.data[name]
      return isObject(carrier) ? [[name, omitUsage(carrier)]] : []
    })
    return [{ ...event, data: { ...omitUsage(event.data), ...Object.fromEntries(carriers) } }]
  })
  return { ...reply, events }
}

const omitUsage = (body: JsonObject): JsonObject => {
  const { usage: _, usageMetadata: _metadata, ...rest } = body
  return rest
}

const withUsageOnFinish = (reply: Reply): Reply => {
  if (reply.shape === 'whole') return reply
  const chunk = reply.events.find(({ part, name }) => part === 'usage' && name === undefined)
  const last = reply.events.findLast(({ part }) => part === 'finish')
  if (chunk === undefined || chunk.data === '[DONE]') return reply
  const usage = chunk.data['usage'] ?? null
  const events = reply.events
    .filter((event) => event !== chunk)
    .map((event) => (event === last && event.data !== '[DONE]' ? { ...event, data: { ...event.data, usage } } : event))
  return { ...reply, events }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
