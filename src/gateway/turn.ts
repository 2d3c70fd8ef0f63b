import type { AnswerMemory } from '../cache/cache.ts'
import type { Asked, Content } from '../contract/operation.ts'
import type { Clock, Random } from '../contract/runtime.ts'
import type { CachedAnswer, Lease, Leases, WaitEnding } from '../contract/store.ts'
import { sleep } from '../lib/abort.ts'
import { fullJitterMs } from '../lib/backoff.ts'
import type { Miss } from './recall.ts'
import type { Trail } from './trail.ts'

/** The answer of a request is this gateway's to make. */
export interface OwnTurn {
  /** Under which the answer is kept; null where everybody goes alone. */
  lease: Lease | null
  /** Nobody need wait any more: the answer will not be kept. */
  giveUp(): void
  /** Ends it; others may read the answer now where it was kept. */
  end(kept: boolean): Promise<void>
}

type Turn<Event extends Content> =
  | { state: 'ours'; turn: OwnTurn } /** Made by another instance while we waited. */
  | { state: 'answered'; answer: CachedAnswer<Event> }

export type TakeTurn<Request extends Asked, Event extends Content> = (
  trail: Trail<Request>,
  miss: Miss,
  signal: AbortSignal,
) => Promise<Turn<Event>>

/** What does not answer for a moment is not away yet. */
const unknownMs = 1_000
/** A holder that is killed is waited for no longer than this; one that lives renews it in time. */
const leaseMs = 5_000
const renewEveryMs = 1_500
const firstLookMs = 20
const lastLookMs = 250

const alone: OwnTurn = { lease: null, giveUp: () => undefined, end: async () => undefined }

/**
 * Whose turn it is to answer, among all instances. The one that has the lease calls; the others wait for what it
 * remembers, as long as it lives and at most for half of the time that the request has left: then they call as well. Two calls cost money,
 * a wait without end costs an answer.
 */
export const createTakeTurn = <Request extends Asked, Event extends Content>(parts: {
  leases: Leases
  memory: Pick<AnswerMemory<Request, Event>, 'lookAgain'>
  waited: (ending: WaitEnding, durationMs: number) => void
  clock: Clock
  random: Random
}): TakeTurn<Request, Event> => {
  const { leases, memory, waited, clock, random } = parts

  const take = async (
    key: string,
    { trail, miss, signal }: { trail: Trail<Request>; miss: Miss; signal: AbortSignal },
    wait: { begin(): void; end(ending: WaitEnding): void },
  ): Promise<Turn<Event>> => {
    const patientUntilMs = clock.now() + (trail.deadlineAtMs - clock.now()) / 2
    let endsAtMs = patientUntilMs
    for (let attempt = 0; ; attempt += 1) {
      const verdict = await leases.acquire(key, leaseMs)
      if (verdict.state !== 'unknown') endsAtMs = patientUntilMs
      else if (attempt === 0 && !verdict.isNew) endsAtMs = -Infinity
      else endsAtMs = Math.min(endsAtMs, clock.now() + unknownMs)
      if (verdict.state === 'alone' || (verdict.state !== 'held' && clock.now() >= endsAtMs)) {
        wait.end('alone')
        return { state: 'ours', turn: alone }
      }
      if (verdict.state !== 'held') {
        wait.begin()
        const pauseMs = fullJitterMs({ attempt, baseDelayMs: firstLookMs, maxDelayMs: lastLookMs, random })
        await sleep(firstLookMs + pauseMs, signal)
      }
      // Another may have answered between our look into memory and now.
      const answer = await memory.lookAgain(trail.request, miss.look)
      if (answer) {
        if (verdict.state === 'held') await leases.release(verdict.lease, true)
        wait.end('answered')
        return { state: 'answered', answer }
      }
      if (verdict.state === 'held') {
        wait.end('free')
        return { state: 'ours', turn: hold(leases, verdict.lease) }
      }
    }
  }

  return async (trail, miss, signal) => {
    const { flightKey, look } = miss
    // What will not be kept nobody can wait for.
    if (flightKey === null || look.state !== 'miss' || !look.write) return { state: 'ours', turn: alone }
    let since: number | null = null
    const wait = {
      begin: () => void (since ??= performance.now()),
      end: (ending: WaitEnding) => {
        if (since !== null) waited(ending, performance.now() - since)
        since = null
      },
    }
    try {
      return await take(flightKey, { trail, miss, signal }, wait)
    } finally {
      wait.end('left')
    }
  }
}

/** A turn that nobody waits for: null where another instance has it. */
export const takeTurnIfFree = async (leases: Leases, key: string): Promise<OwnTurn | null> => {
  const verdict = await leases.acquire(key, leaseMs)
  switch (verdict.state) {
    case 'held':
      return hold(leases, verdict.lease)
    case 'alone':
    case 'unknown':
      return alone
    case 'taken':
      return null
  }
}

const hold = (leases: Leases, lease: Lease): OwnTurn => {
  let ending: Promise<void> | null = null
  const renew = async (): Promise<void> => {
    // Lost: whoever has it now makes an answer too, and the later fence decides which is kept.
    if (!(await leases.renew(lease, leaseMs))) clearInterval(renewing)
  }
  const renewing = setInterval(() => void renew(), renewEveryMs).unref()
  const end = (kept: boolean): Promise<void> => {
    clearInterval(renewing)
    ending ??= leases.release(lease, kept)
    return ending
  }
  return { lease, giveUp: () => void end(false), end }
}
