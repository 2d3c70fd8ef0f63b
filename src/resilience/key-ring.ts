import type { Clock } from '../contract/runtime.ts'
import type { KeySource } from '../contract/secrets.ts'

export interface RingKey {
  /** Null for a local provider that needs none. */
  secret: KeySource | null
  /** Position in the row; all that a receipt says of a key. */
  index: number
}

/** The keys of one deployment, in order: the first that does not rest is used, the others are backups. */
export interface KeyRing {
  /** The first key that is neither resting nor in `tried`. */
  next(tried: ReadonlySet<number>): RingKey | null
  /** Leaves a key alone for `restMs`: the provider refused it or asked for patience. */
  rest(index: number, restMs: number): void
  /** When the first resting key may be used again; null when none rests. */
  wakesAtMs(): number | null
}

/** Makes the ring of a row's keys; a row without keys has one empty key. */
export const createKeyRing = (secrets: readonly KeySource[], clock: Clock): KeyRing => {
  const keys: RingKey[] = secrets.length
    ? secrets.map((secret, index) => ({ secret, index }))
    : [{ secret: null, index: 0 }]
  const restsUntilMs = new Map<number, number>()
  const rests = (index: number): boolean => (restsUntilMs.get(index) ?? 0) > clock.now()

  return {
    next: (tried) => keys.find(({ index }) => !tried.has(index) && !rests(index)) ?? null,
    rest: (index, restMs) => void restsUntilMs.set(index, clock.now() + restMs),
    wakesAtMs: () => {
      const resting = [...restsUntilMs.values()].filter((untilMs) => untilMs > clock.now())
      return resting.length ? Math.min(...resting) : null
    },
  }
}
