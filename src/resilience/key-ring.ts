import type { Quota } from '../contract/provider.ts'
import type { Clock } from '../contract/runtime.ts'
import type { KeySource } from '../contract/secrets.ts'
import type { Rests } from '../contract/store.ts'

export interface RingKey {
  /** Null for a local provider that needs none. */
  secret: KeySource | null
  /** Position in the row; all that a receipt says of a key. */
  index: number
}

/** What a key is wanted for: providers limit each model by itself. */
export interface Wanted {
  model: string
  inputTokens: number
}

/**
 * The keys of one deployment, in order: the first that does not rest is used, the others are backups. One whose limit at
 * the provider is known to be used up is passed over until it begins anew, before the provider has to refuse.
 */
export interface KeyRing {
  /** The first key that neither rests, nor is used up for this, nor is in `tried`. */
  next(tried: ReadonlySet<number>, wanted: Wanted): RingKey | null
  /** Leaves a key alone for `restMs`: the provider refused it. */
  rest(index: number, restMs: number): void
  /** Leaves a key alone for one model: the provider asked for patience. */
  restModel(index: number, model: string, restMs: number): void
  /** Told what a reply said of the limits of a key and a model. */
  learn(index: number, model: string, quotas: readonly Quota[]): void
  /** When the first of the keys that are of no use for this may be used again; null when there is one. */
  wakesAtMs(wanted: Wanted): number | null
}

/** Keys and models whose quotas are remembered: names that callers make up must not fill the memory. */
const maxQuotas = 1_000

/**
 * What a provider only foretells is believed for so long. Then somebody asks again: either it answers and says it anew, or it
 * refuses and says by Retry-After how long it means it. A header that is wrong would else cost a key for a day.
 */
const longestBeliefMs = 60_000

/** Makes the ring of a row's keys; a row without keys has one empty key. */
export const createKeyRing = (options: {
  row: string
  secrets: readonly KeySource[]
  rests: Rests
  clock: Clock
}): KeyRing => {
  const { row, secrets, rests, clock } = options
  const keys: RingKey[] = secrets.length
    ? secrets.map((secret, index) => ({ secret, index }))
    : [{ secret: null, index: 0 }]
  /** A refused key may be this instance's own mistake: others are not told. */
  const refusedUntilMs = new Map<number, number>()
  const heard = new Map<string, { quotas: readonly Quota[]; atMs: number }>()
  const placeOf = (index: number, model: string): string => `${row}:${index}:${model}`

  /** When so much of a unit can be asked for, as far as the last reply said. */
  const hasAtMs = (place: string, unit: Quota['unit'], wanted: number): number => {
    const { quotas, atMs } = heard.get(place) ?? { quotas: [], atMs: 0 }
    return Math.max(
      0,
      ...quotas.filter((quota) => quota.unit === unit).map((quota) => refillsAtMs(quota, wanted, atMs)),
    )
  }

  const freeAtMs = (index: number, { model, inputTokens }: Wanted): number => {
    const place = placeOf(index, model)
    return Math.max(refusedUntilMs.get(index) ?? 0, rests.untilMs(place), hasAtMs(place, 'tokens', inputTokens))
  }

  return {
    next: (tried, wanted) =>
      keys.find(({ index }) => !tried.has(index) && freeAtMs(index, wanted) <= clock.now()) ?? null,
    rest: (index, restMs) => void refusedUntilMs.set(index, clock.now() + restMs),
    restModel: (index, model, restMs) => rests.rest(placeOf(index, model), clock.now() + restMs),
    learn: (index, model, quotas) => {
      if (quotas.length === 0) return
      const place = placeOf(index, model)
      heard.delete(place)
      heard.set(place, { quotas, atMs: clock.now() })
      const oldest = heard.keys().next()
      if (heard.size > maxQuotas && !oldest.done) heard.delete(oldest.value)
      const requestAtMs = hasAtMs(place, 'requests', 1)
      if (requestAtMs > 0) rests.rest(place, requestAtMs)
    },
    wakesAtMs: (wanted) => {
      const free = keys.map(({ index }) => freeAtMs(index, wanted))
      const earliestMs = Math.min(...free)
      return earliestMs > clock.now() ? earliestMs : null
    },
  }
}

/**
 * When a limit has so much left; 0 where it has now. Providers fill limits up evenly and say when they will be full again
 * (OpenAI: "resets to its initial state", Anthropic: "fully replenished"; both run token buckets), so that a part of it is
 * there after the same part of the time. Where they do not say how much the whole is, the whole time counts.
 */
const refillsAtMs = ({ remaining, limit, resetsAtMs }: Quota, wanted: number, heardAtMs: number): number => {
  if (remaining >= wanted) return 0
  const share = limit === null || limit <= remaining ? 1 : Math.min(1, (wanted - remaining) / (limit - remaining))
  return heardAtMs + Math.min(longestBeliefMs, Math.ceil((resetsAtMs - heardAtMs) * share))
}
