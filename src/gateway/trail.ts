import type { Finish, ModelChoice, Usage, Warning } from '../contract/chat.ts'
import type { ErrorCode } from '../contract/errors.ts'
import type { RequestContext } from '../contract/journey.ts'
import type { LimitStates } from '../contract/limit.ts'
import type { ModelCard } from '../contract/model.ts'
import type { NanoUsd } from '../contract/money.ts'
import type { Asked, Operation } from '../contract/operation.ts'
import type { Lineup, TaskGuess } from '../contract/plan.ts'
import type { Priority } from '../contract/priority.ts'
import type { CacheState, Outcome, Recalled, TierLook, Receipt, Try } from '../contract/receipt.ts'
import type { Clock } from '../contract/runtime.ts'
import { elapsedMs } from '../lib/elapsed.ts'

/** One attempt as it is going on; `settle` turns it into the receipt's `Try`. */
export interface Attempt {
  card: ModelCard
  keyIndex: number
  startedAtMs: number
  durationMs: number
  firstTokenMs: number | null
  outcome: Try['outcome']
  errorCode: ErrorCode | null
  upstreamStatus: number | null
  reason: string | null
  /** The provider took the request: it may bill for it even if its usage never comes. */
  begun: boolean
  answeredModel: string | null
  /** As the provider counted; null until it said. */
  reportedUsage: Usage | null
  /** What it counted before the answer broke off: exact for the input. */
  usageSoFar: Usage | null
  /** Everything that was written, for our own count where the provider's never comes. */
  written: string[]
  /** What `settle` found. */
  usage: Usage | null
  priceId: string | null
  costNanoUsd: NanoUsd | null
}

/** Everything that becomes known of one request on its way; at the end it becomes the receipt. */
export interface Trail<Request extends Asked = Asked> {
  readonly operation: Operation
  readonly request: Request
  readonly context: RequestContext
  readonly receivedAtMs: number
  /** The whole request's deadline. */
  readonly deadlineAtMs: number
  admittedAtMs: number | null
  recalledAtMs: number | null
  routedAtMs: number | null
  firstTokenAtMs: number | null
  task: TaskGuess | null
  plan: Lineup | null
  cache: CacheState
  cacheReason: string | null
  /** Where the answer was remembered; undefined where it was not. */
  /** The tiers of memory that were asked. */
  looks: TierLook[]
  recalled: Recalled | undefined
  attempts: Attempt[]
  /** Turns in which a model was asked again because its JSON did not fit. */
  repairs: number
  served: Receipt['served']
  finishes: Finish[]
  warnings: Warning[]
  /** Tokens of the answer and what they would have cost, where no attempt of this request paid for them. */
  spared: { usage: Usage; savedNanoUsd: NanoUsd } | null
  /** Who goes first where there is not enough for all. */
  priority: Priority
  /** How the caller's limits stand. */
  limits: LimitStates
  /** Whoever answers or answered is the sandbox, also where another request pays. */
  simulated: boolean
}

/** Starts the record of a request. `deadlineMs`: the gateway's own bound on the whole request. */
export const openTrail = <Request extends Asked>(options: {
  operation: Operation
  request: Request
  context: RequestContext
  deadlineMs: number
  clock: Clock
}): Trail<Request> => {
  const { operation, request, context, deadlineMs, clock } = options
  const receivedAtMs = clock.now()
  return {
    operation,
    request,
    context,
    receivedAtMs,
    deadlineAtMs: receivedAtMs + Math.min(deadlineMs, request.limits.maxLatencyMs ?? Infinity),
    admittedAtMs: null,
    recalledAtMs: null,
    routedAtMs: null,
    firstTokenAtMs: null,
    task: null,
    plan: null,
    cache: 'miss',
    cacheReason: null,
    looks: [],
    recalled: undefined,
    attempts: [],
    repairs: 0,
    served: null,
    finishes: [],
    warnings: [],
    spared: null,
    priority: context.priority ?? 'normal',
    limits: {},
    simulated: false,
  }
}

/** Ends the record of a request: its settled attempts summed, its phases timed. */
export const closeTrail = (
  trail: Trail,
  end: { outcome: Outcome; errorCode: ErrorCode | null; nowMs: number },
): Receipt => {
  const { request, context, attempts, spared } = trail
  const paid = attempts.filter((attempt) => attempt.usage !== null)
  const unpriced = paid.some((attempt) => attempt.costNanoUsd === null)
  const between = (from: number | null, to: number | null): number =>
    from === null || to === null ? 0 : elapsedMs(from, to)
  return {
    id: context.requestId,
    receivedAtMs: trail.receivedAtMs,
    caller: { id: context.caller.id, name: context.caller.name },
    face: context.face,
    operation: trail.operation,
    clientRequestId: context.clientRequestId,
    traceId: context.traceId,
    requestedModel: nameOf(request.model),
    task: trail.task,
    ...reasonsOf(trail),
    tries: attempts.map(showAttempt),
    repairs: trail.repairs,
    served: trail.served,
    usage: spared?.usage ?? paid.map(({ usage }) => usage).reduce(addUsage, null),
    priceId: attempts.at(-1)?.priceId ?? null,
    costNanoUsd: unpriced ? null : paid.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n),
    savedNanoUsd: spared?.savedNanoUsd ?? 0n,
    cache: trail.cache,
    cacheReason: trail.cacheReason,
    looks: trail.looks.length > 0 ? trail.looks : undefined,
    recalled: trail.recalled,
    outcome: end.outcome,
    errorCode: end.errorCode,
    timings: {
      firstTokenMs: trail.firstTokenAtMs === null ? null : elapsedMs(trail.receivedAtMs, trail.firstTokenAtMs),
      admitMs: between(trail.receivedAtMs, trail.admittedAtMs),
      recallMs: between(trail.admittedAtMs, trail.recalledAtMs),
      routeMs: between(trail.recalledAtMs, trail.routedAtMs),
      totalMs: elapsedMs(trail.receivedAtMs, end.nowMs),
    },
    tags: { user: request.tags.user ?? null, metadata: request.tags.metadata ?? {} },
    warnings: trail.warnings,
    simulated: trail.simulated,
  }
}

/** Of either so many are kept: `auto` may choose from hundreds of models, and a receipt of each would be mostly of that. */
const reasonsKept = 10

/** Why it went where it went: the best of the candidates and those that were tried, and who was left out. */
const reasonsOf = ({ plan, attempts }: Trail): Pick<Receipt, 'candidates' | 'refusals' | 'leftOut'> => {
  const tried = new Set(attempts.map(({ card }) => card.key))
  const candidates = plan?.candidates.filter(({ card }, rank) => rank < reasonsKept || tried.has(card.key)) ?? []
  // With `auto` every model that has no key is refused: the configuration says that, not each receipt.
  const refusals = plan?.refusals.filter(({ code }) => code !== 'not_configured') ?? []
  const leftOut = {
    candidates: (plan?.candidates.length ?? 0) - candidates.length,
    refusals: Math.max(0, refusals.length - reasonsKept),
  }
  return {
    candidates: candidates.map(({ card, score, factors }) => ({ model: card.key, score, factors: factors() })),
    refusals: refusals.slice(0, reasonsKept),
    ...(leftOut.candidates + leftOut.refusals > 0 && { leftOut }),
  }
}

/** A model choice as a caller writes it: `auto`, `gpt-6-luna`, `openai:gpt-6-luna`. */
export const nameOf = (choice: ModelChoice): string => {
  const name = choice.kind === 'auto' ? 'auto' : choice.model
  return choice.provider === undefined ? name : `${choice.provider}:${name}`
}

const showAttempt = (attempt: Attempt): Try => ({
  provider: attempt.card.provider,
  model: attempt.card.key,
  keyIndex: attempt.keyIndex,
  startedAtMs: attempt.startedAtMs,
  durationMs: attempt.durationMs,
  firstTokenMs: attempt.firstTokenMs,
  outcome: attempt.outcome,
  errorCode: attempt.errorCode,
  upstreamStatus: attempt.upstreamStatus,
  reason: attempt.reason,
  usage: attempt.usage,
  costNanoUsd: attempt.costNanoUsd,
})

const addUsage = (sum: Usage | null, usage: Usage | null): Usage | null => {
  if (!sum || !usage) return usage ?? sum
  const reported =
    sum.reportedCostNanoUsd === undefined && usage.reportedCostNanoUsd === undefined
      ? {}
      : { reportedCostNanoUsd: (sum.reportedCostNanoUsd ?? 0n) + (usage.reportedCostNanoUsd ?? 0n) }
  return {
    inputTokens: sum.inputTokens + usage.inputTokens,
    cacheReadTokens: sum.cacheReadTokens + usage.cacheReadTokens,
    cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
    cacheWrite1hTokens: sum.cacheWrite1hTokens + usage.cacheWrite1hTokens,
    outputTokens: sum.outputTokens + usage.outputTokens,
    reasoningTokens: sum.reasoningTokens + usage.reasoningTokens,
    source: sum.source === 'estimated' || usage.source === 'estimated' ? 'estimated' : 'provider',
    ...reported,
  }
}
