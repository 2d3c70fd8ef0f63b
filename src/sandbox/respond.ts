import type { Json } from '../contract/json.ts'
import type { Clock } from '../contract/runtime.ts'
import { actOut } from './act-out.ts'
import { answerPrompt } from './answer.ts'
import { anthropic } from './anthropic.ts'
import type { CountTokens } from './cut.ts'
import { parseFault, type FullFault } from './fault.ts'
import { explainFault } from './fault-list.ts'
import { gemini } from './gemini.ts'
import { hashText } from './hash.ts'
import type { SandboxRequest } from './journal.ts'
import { openai } from './openai.ts'
import { createPrefixCache } from './prefix-cache.ts'
import { parseJson } from './read-body.ts'
import { findRoute, formatOf } from './routes.ts'
import { responses } from './responses.ts'
import { scoreReply, type Pace, type Reply, type Score } from './score.ts'
import { Refused, type SandboxModel, type Wire } from './wire.ts'

/**
 * Writes what a request gets: the honest reply, or that reply with a fault in it, `fault` or else the one that the request
 * orders for itself. `bodyText` is null when the body was too large to be read.
 */
type Respond = (request: SandboxRequest, bodyText: string | null, fault: FullFault | null) => Score

const wires = { openai, responses, anthropic, gemini }

export const createRespond = (options: {
  countTokens: CountTokens
  clock: Clock
  seed: number
  models: readonly SandboxModel[] | null
  pace: Pace
}): Respond => {
  const { countTokens, clock, seed, models, pace } = options
  const openedAtMs = clock.now()
  const prefixCache = createPrefixCache(clock)
  let served = 0

  const reply = (request: SandboxRequest, bodyText: string | null, wire: Wire, id: string): Reply => {
    const action = findRoute(request.method, request.path)
    wire.checkHeaders(request.headers)
    if (action === 'list-models') {
      const listed = models ?? [{ id: 'sandbox' }]
      return wire.listModels(
        listed.filter(({ row }) => row === undefined || row === request.row),
        openedAtMs,
      )
    }
    const body = readJson(request.headers['content-type'], bodyText)
    if (action === 'embed' && wire.embed) {
      const { model, reply: made } = wire.embed(body, request.path, countTokens)
      checkModel(model, request.row, models)
      return made
    }
    const asked = wire.read(body, request.path)
    checkModel(asked.prompt.model, request.row, models)
    const prompt = { ...asked.prompt, seed: asked.prompt.seed + seed }
    return asked.reply(answerPrompt(prompt, { id, nowMs: clock.now(), countTokens, prefixCache }))
  }

  return (request, bodyText, given) => {
    const wire = wires[formatOf(request.path, request.headers)]
    const id = hashText('request', String(seed), String(served++)).slice(0, 24)
    const named = (made: Reply): Reply => ({
      ...made,
      headers: { ...made.headers, server: 'sandbox', [wire.requestIdHeader]: `req_${id}` },
    })
    try {
      const fault = given ?? orderedFault(request.headers['x-sandbox-fault'])
      const honest = named(orProblem(() => reply(request, bodyText, wire, id), wire))
      return fault === null ? scoreReply(honest, pace) : actOut(fault, honest, wire, pace)
    } catch (error) {
      return scoreReply(named(problemOf(error, wire)), pace)
    }
  }
}

/** A request that is refused still has a reply, and a fault may spoil that one too. */
const orProblem = (make: () => Reply, wire: Wire): Reply => {
  try {
    return make()
  } catch (error) {
    return problemOf(error, wire)
  }
}

const problemOf = (error: unknown, wire: Wire): Reply =>
  wire.problem(
    error instanceof Refused
      ? error.problem
      : {
          status: 500,
          message: `The sandbox itself failed: ${error instanceof Error ? error.message : String(error)}`,
        },
  )

const orderedFault = (header: string | undefined): FullFault | null => {
  if (header === undefined) return null
  const fault = parseFault(header)
  if (fault !== null) return fault
  throw new Refused({
    status: 400,
    message: `In 'x-sandbox-fault': ${explainFault(header)}`,
  })
}

const readJson = (contentType: string | undefined, bodyText: string | null): Json => {
  if (bodyText === null) throw new Refused({ status: 413, message: 'The request is larger than the sandbox takes.' })
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refused({
      status: 400,
      code: 'unsupported_content_type',
      message: `The content type must be 'application/json', not '${contentType ?? ''}'.`,
    })
  }
  const body = parseJson(bodyText)
  if (body === undefined) throw new Refused({ status: 400, message: 'The body is not valid JSON.' })
  return body
}

const checkModel = (model: string, row: string, models: readonly SandboxModel[] | null): void => {
  if (models === null) return
  if (models.some((known) => known.id === model && (known.row === undefined || known.row === row))) return
  throw new Refused({
    status: 404,
    code: 'model_not_found',
    message: `The model '${model}' does not exist${row === '' ? '' : ` at '${row}'`}.`,
  })
}
