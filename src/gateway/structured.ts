import type { AnswerEvent, ChatRequest, Message, ResponseFormat } from '../contract/chat.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Plan, TaskGuess } from '../contract/plan.ts'
import type { Clock } from '../contract/runtime.ts'
import type { StructuredSettings } from '../contract/settings.ts'
import type { Schemas } from '../schemas/schemas.ts'
import { asGatewayError } from './attempt.ts'
import type { Call, First } from './call.ts'
import { openDraft } from './draft.ts'
import type { Draft } from './draft.ts'
import { createJudge } from './judge.ts'
import type { Faulty } from './judge.ts'
import type { Settle } from './settle.ts'
import type { Trail } from './trail.ts'

interface StructuredOptions extends Settle<ChatRequest> {
  call: Call<ChatRequest, AnswerEvent>
  route: (request: ChatRequest, task: TaskGuess) => Plan
  compile: Schemas['compile']
  settings: StructuredSettings
  clock: Clock
}

type AskedFormat = Exclude<ResponseFormat, { type: 'text' }>

/** One repair that was tried: the new choice, or why there is none. */
type Repair = { repaired: Draft } | { failed: GatewayError }

/**
 * The call of a request that asks for JSON: the caller's schema is compiled before anything is spent, and the complete
 * answer is held against it. One that does not fit is shown to its model with what is wrong, at most `maxRepairs` times
 * for each choice; every such turn is a call of the same journey, under the same limits and on the same receipt.
 *
 * An answer that may have to be repaired is held back until it fits. A stream is passed on as it comes where the
 * provider itself holds the model to the format, or where nothing would be repaired; it is judged at its end all the same.
 * @throws GatewayError invalid_request for the schema, structured_output_invalid with the text as it came
 */
export const createStructured = (options: StructuredOptions): Call<ChatRequest, AnswerEvent> => {
  const { call, route, compile, settings, settle, spentNanoUsd, clock } = options

  return async function* structured(plan, trail, signal) {
    const format = formatOf(trail.request)
    if (!format) {
      yield* call(plan, trail, signal)
      return
    }
    const judgeAs = createJudge(format, compile)
    const draft = openDraft()
    let isLive = false
    for await (const event of call(plan, trail, signal)) {
      if (event.type === 'first') isLive = passesLive(event, format, trail)
      draft.add(event)
      if (isLive) yield event
    }
    const judge = judgeAs({ isSent: isLive })
    const right: AnswerEvent[] = []
    for (const choice of draft.choices(trail.finishes)) {
      const judged = judge(draft.choice(choice), finishOf(trail, choice))
      if (judged.fits) right.push(...judged.events)
      else if (isLive) throw failure(judged, trail)
      else right.push(...(await repair(judged, choice)))
    }
    if (isLive) return
    if (draft.first) yield draft.first
    yield* right

    /** Asks until a choice fits. */
    async function repair(faulty: Faulty, choice: number): Promise<readonly AnswerEvent[]> {
      let last = faulty
      for (let turn = 1; turn <= settings.maxRepairs && last.mayBeRepaired; turn += 1) {
        const again = await askAgain(last, choice)
        if ('failed' in again) throw failure(last, trail, again.failed)
        const judged = judge(again.repaired.choice(0), finishOf(trail, choice))
        if (judged.fits) return judged.events.map((event) => ({ ...event, choice }))
        last = judged
      }
      throw failure(last, trail)
    }

    /** A turn of its own: what it costs and how it ends goes to the trail, what it is asked does not. */
    async function askAgain(faulty: Faulty, choice: number): Promise<Repair> {
      const { served, task } = trail
      if (!served || !task) throw new GatewayError('internal', 'The gateway failed to answer this request.')
      const request = repairRequest(trail.request, served, faulty)
      const turn: Trail<ChatRequest> = { ...trail, request, finishes: [], warnings: [] }
      const triesBefore = trail.attempts.length
      const repaired = openDraft()
      try {
        turn.plan = route({ ...request, limits: limitsLeft(trail) }, task)
        for await (const event of call(turn.plan, turn, signal)) repaired.add(event)
      } catch (thrown) {
        const error = asGatewayError(thrown, signal)
        if (signal.aborted) throw error
        return { failed: error }
      } finally {
        // Counted by what this turn was asked, before anybody counts it by what the caller asked.
        settle(turn)
        if (trail.attempts.length > triesBefore) trail.repairs += 1
      }
      takeOver(turn, choice)
      return { repaired }
    }

    function takeOver(turn: Trail, choice: number): void {
      const others = trail.finishes.filter((finish) => finish.choice !== choice)
      trail.finishes.splice(0, trail.finishes.length, ...others, ...turn.finishes.map((end) => ({ ...end, choice })))
      const told = new Set(trail.warnings.map(({ message }) => message))
      trail.warnings.push(...turn.warnings.filter(({ message }) => !told.has(message)))
      trail.served = turn.served
    }
  }

  function passesLive({ candidate }: First, format: AskedFormat, { context, warnings }: Trail): boolean {
    if (!context.incremental) return false
    if (settings.maxRepairs === 0) return true
    // A dialect warns wherever it asks for a format in words, or leaves out a part of the schema.
    if (warnings.some(({ param }) => param === 'response_format')) return false
    return format.type === 'json_object' || (format.strict === true && candidate.card.wire.jsonSchema)
  }

  /** What the promises of a request leave for a further turn. */
  function limitsLeft(trail: Trail<ChatRequest>): ChatRequest['limits'] {
    const { maxCostNanoUsd, maxLatencyMs } = trail.request.limits
    const leftNanoUsd = (maxCostNanoUsd ?? 0n) - spentNanoUsd(trail)
    return {
      ...(maxCostNanoUsd === undefined ? {} : { maxCostNanoUsd: leftNanoUsd > 0n ? leftNanoUsd : 0n }),
      ...(maxLatencyMs === undefined ? {} : { maxLatencyMs: Math.max(0, trail.deadlineAtMs - clock.now()) }),
    }
  }
}

/** A caller who names a tool gets a call, which no format applies to. */
const formatOf = ({ responseFormat: format, toolChoice }: ChatRequest): AskedFormat | null =>
  format === undefined || format.type === 'text' || typeof toolChoice === 'object' ? null : format

const finishOf = ({ finishes }: Trail, choice: number) => finishes.find((finish) => finish.choice === choice)

/** The same conversation, the answer that does not fit, and what is wrong with it; asked of the model that gave it. */
const repairRequest = (
  request: ChatRequest,
  { provider, model }: { provider: string; model: string },
  { text, why, misfits }: Faulty,
): ChatRequest => {
  const { maxFirstTokenMs: _kept, ...limits } = request.limits
  const wrong = [why, ...misfits.map(({ path, message }) => `${path || 'the value'} ${message}`)].join('\n- ')
  const said = `${wrong}\nAnswer again with the corrected JSON value, whole, and nothing else.`
  const turns: Message[] = [
    { role: 'assistant', content: [{ type: 'text', text }], reasoning: [], toolCalls: [] },
    { role: 'user', content: [{ type: 'text', text: said }] },
  ]
  return {
    ...request,
    model: { kind: 'named', model, provider },
    fallbacks: [],
    messages: [...request.messages, ...turns],
    ...(request.tools.length > 0 ? { toolChoice: 'none' } : {}),
    n: undefined,
    limits,
  }
}

const failure = ({ text, why, misfits }: Faulty, trail: Trail, repairError?: GatewayError): GatewayError => {
  const { repairs, served } = trail
  const [first] = misfits
  const what = first ? `${why.replace(/:$/, '')}, first: ${first.path || 'the value'} ${first.message}.` : why
  const after = repairs === 0 ? '' : ` The model was asked again ${repairs === 1 ? 'once' : `${repairs} times`}.`
  const broken = repairError ? ` It could not be repaired: ${repairError.message}` : ''
  return new GatewayError('structured_output_invalid', `${what}${after}${broken}`, {
    provider: served?.provider,
    structuredOutput: { text, errors: misfits, repairs },
    cause: repairError,
  })
}
