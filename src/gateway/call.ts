import { GatewayError } from '../contract/errors.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Candidate, Lineup } from '../contract/plan.ts'
import type { SecretText } from '../contract/provider.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { ResilienceSettings } from '../contract/settings.ts'
import { isLive } from '../contract/secrets.ts'
import { alarm, sleep } from '../lib/abort.ts'
import { moveAfterFailure } from '../resilience/after-failure.ts'
import type { RingKey, Wanted } from '../resilience/key-ring.ts'
import { asGatewayError, circuitOpen } from './attempt.ts'
import type { MakeAttempt } from './attempt.ts'
import type { Deployment, Deployments } from './deployments.ts'
import type { Reserve } from './reserve.ts'
import type { Trail } from './trail.ts'

/** Comes before the first token. */
export interface First {
  type: 'first'
  candidate: Candidate
  answeredModel: string
  simulated: boolean
}

export type Call<Request extends Asked, Event extends Content> = (
  plan: Lineup,
  trail: Trail<Request>,
  signal: AbortSignal,
) => AsyncGenerator<First | Event, void>

interface CallOptions<Request extends Asked, Event extends Content> {
  deployments: Deployments
  attempt: MakeAttempt<Request, Event>
  reserve: Reserve<Request>
  settings: ResilienceSettings
  clock: Clock
  random: Random
}

/**
 * Calls the plan's candidates in order until one answers: other keys, retries and other candidates freely before the
 * first token, nothing after it. `first` comes before the first token; a return means a complete answer.
 * @throws GatewayError the last candidate's failure, or what broke the answer
 */
export const createCall = <Request extends Asked, Event extends Content>(
  options: CallOptions<Request, Event>,
): Call<Request, Event> => {
  const { deployments, attempt, reserve, settings, clock, random } = options
  return async function* call(plan, trail, signal) {
    using firstToken = firstTokenAlarm(trail, signal, clock)
    const failures: GatewayError[] = []

    for (const candidate of plan.candidates) {
      const deployment = deployments.get(candidate.card.provider)
      const isLast = candidate === plan.candidates.at(-1)
      if (deployment && (yield* callCandidate(candidate, deployment, isLast))) return
    }
    throw lastFailure(failures, plan)

    /** True once the candidate has answered in full; false when it is the next one's turn. */
    async function* callCandidate(
      candidate: Candidate,
      deployment: Deployment,
      isLast: boolean,
    ): AsyncGenerator<First | Event, boolean> {
      const tried = new Set<number>()
      const renewed = new Set<number>()
      const wanted = { model: candidate.card.id, inputTokens: candidate.forecast.inputTokens }
      let key = deployment.keys.next(tried, wanted) ?? (isLast ? await keyThatWakes(deployment, wanted) : null)
      if (!key) failures.push(whyNoKey(deployment, wanted, clock.now()))
      let tries = 0

      while (key) {
        tries += 1
        let hasBegun = false
        let secret: SecretText | null = null
        try {
          secret = await readKey(key, firstToken.signal)
          await using hold = await reserve({ candidate, deployment, trail, wait: isLast }, firstToken.signal)
          trail.warnings.push(...(candidate.warnings ?? []))
          const target = { card: candidate.card, deployment, key, secret, request: hold.request }
          const events = attempt(target, trail, firstToken.signal)
          const first = await events.next()
          hasBegun = true
          firstToken.stop()
          yield serve(candidate, deployment, trail)
          if (first.done) return true
          yield first.value
          yield* events
          return true
        } catch (thrown) {
          const error = asGatewayError(thrown, firstToken.signal)
          if (hasBegun || firstToken.signal.aborted) throw error
          forgetAnswer(trail)
          failures.push(error)
          heed(deployment, key, candidate.card.id, error)
          const backup: RingKey | null = deployment.keys.next(tried.add(key.index), wanted)
          const remainingMs = trail.deadlineAtMs - clock.now()
          const isNewKey = !renewed.has(key.index) && (await isRenewed(key, secret, error))
          if (isNewKey) renewed.add(key.index)
          const others = { isNewKey, hasOtherKey: backup !== null, hasOtherCandidate: !isLast }
          const next = moveAfterFailure({ error, tries, ...others, remainingMs }, settings, random)
          switch (next.move) {
            case 'give_up':
              throw error
            case 'retry':
              await pause(next.delayMs)
              break
            case 'next_key':
              restKey(deployment, key, error)
              key = backup
              tries = 0
              break
            case 'next_candidate':
              restKey(deployment, key, error)
              if (isAccountFault(error)) deployment.breaker.restAccount(faultOf(error))
              return false
          }
        }
      }
      return false
    }

    /** A refused key may have been exchanged since it was read: its source is asked before it is given up. */
    async function isRenewed(key: RingKey, refused: SecretText | null, error: GatewayError): Promise<boolean> {
      if (error.code !== 'provider_auth' || !refused || !key.secret || !isLive(key.secret)) return false
      return key.secret.renew(refused, firstToken.signal)
    }

    async function pause(ms: number): Promise<void> {
      try {
        await sleep(ms, firstToken.signal)
      } catch (thrown) {
        throw asGatewayError(thrown, firstToken.signal)
      }
    }

    /** With nobody else to ask, the key that is of use again soon enough to be waited for. */
    async function keyThatWakes({ keys }: Deployment, wanted: Wanted): Promise<RingKey | null> {
      const wakesAtMs = keys.wakesAtMs(wanted)
      if (wakesAtMs === null) return null
      const waitMs = wakesAtMs - clock.now()
      const isSoon = waitMs <= settings.maxRetryAfterMs && clock.now() + waitMs < trail.deadlineAtMs
      if (!isSoon) return null
      // Not all at once with others who wait for the same.
      await pause(waitMs + random() * settings.baseDelayMs)
      return keys.next(new Set(), wanted)
    }

    /** Who is asked for patience has it, whoever asks next. */
    function heed({ keys }: Deployment, key: RingKey, model: string, { code, detail }: GatewayError): void {
      if (code === 'provider_rate_limited' && detail.retryAfterMs !== undefined)
        keys.restModel(key.index, model, detail.retryAfterMs)
    }

    /** Leaves a key alone for as long as it is of no use. */
    function restKey({ keys }: Deployment, key: RingKey, error: GatewayError): void {
      if (isAccountFault(error)) keys.rest(key.index, settings.breaker.accountRestMs)
    }
  }
}

const readKey = async ({ secret }: RingKey, signal: AbortSignal): Promise<SecretText | null> =>
  secret && isLive(secret) ? secret.read(signal) : secret

const isAccountFault = ({ code }: GatewayError): boolean =>
  code === 'provider_auth' || code === 'provider_out_of_credit'

const faultOf = ({ code }: GatewayError): string =>
  code === 'provider_auth' ? 'its key is refused' : 'its account is out of credit'

const serve = ({ card, ...rest }: Candidate, { row }: Deployment, trail: Trail): First => {
  const answeredModel = trail.attempts.at(-1)?.answeredModel ?? card.id
  trail.served = { provider: row.id, model: card.id, answeredModel }
  return { type: 'first', candidate: { card, ...rest }, answeredModel, simulated: row.simulated }
}

/** A failed try's finishes and warnings are not the answer's. */
const forgetAnswer = (trail: Trail): void => {
  trail.finishes.length = 0
  trail.warnings.length = 0
}

const firstTokenAlarm = (
  trail: Trail,
  signal: AbortSignal,
  clock: Clock,
): { signal: AbortSignal; stop: () => void } & Disposable => {
  const limitMs = trail.request.limits.maxFirstTokenMs
  if (limitMs === undefined) return { signal, stop: () => undefined, [Symbol.dispose]: () => undefined }
  const { signal: late, stop } = alarm(
    Math.max(0, trail.receivedAtMs + limitMs - clock.now()),
    () => new GatewayError('deadline_exceeded', `No token came within max_first_token_ms ${limitMs}.`),
  )
  return { signal: AbortSignal.any([signal, late]), stop, [Symbol.dispose]: stop }
}

/** Keys rest because they are limited, unless all were refused: then the whole deployment rests, and says why. */
const whyNoKey = (deployment: Deployment, wanted: Wanted, nowMs: number): GatewayError => {
  const { row, keys, breaker } = deployment
  if (breaker.state().circuit === 'open') return circuitOpen(deployment, nowMs)
  const wakesAtMs = keys.wakesAtMs(wanted)
  return new GatewayError('provider_rate_limited', `Every key of ${row.title} is being rested.`, {
    provider: row.id,
    ...(wakesAtMs === null ? {} : { retryAfterMs: wakesAtMs - nowMs }),
  })
}

/** The failure to show: the last one, saying how many there were, with the shortest wait that anybody named. */
const lastFailure = (failures: readonly GatewayError[], plan: Lineup): GatewayError => {
  const last = failures.at(-1)
  if (!last) return new GatewayError('no_provider', 'None of the chosen models can be called.')
  const waits = failures.map(({ detail }) => detail.retryAfterMs).filter((ms) => ms !== undefined)
  const deployments = plan.candidates.length
  const message =
    deployments > 1 ? `None of ${deployments} deployments answered; the last: ${last.message}` : last.message
  return new GatewayError(last.code, message, {
    ...last.detail,
    ...(waits.length ? { retryAfterMs: Math.min(...waits) } : {}),
    cause: last,
  })
}
