import type { FindNeighbours, ScorePairs } from '../../contract/near.ts'
import type { EmbedderFacts, Perceive } from '../../contract/perception.ts'
import type { Clock } from '../../contract/runtime.ts'
import type { NearSettings } from '../../contract/settings.ts'
import type { Entries } from '../../contract/store.ts'
import { createNearMemory } from './memory.ts'
import type { NearMemory } from './memory.ts'
import { createNearTier } from './near.ts'
import { createNearPolicy } from './policy.ts'
import type { PolicyOptions } from './policy.ts'
import type { Verifier } from './verifier.ts'

interface OpenNearOptions extends PolicyOptions {
  entries: Pick<Entries, 'read'>
  ready: () => Promise<{ kind: 'ready'; facts: EmbedderFacts } | { kind: 'unavailable' }>
  perceive: Perceive
  findNeighbours: FindNeighbours
  scorePairs: ScorePairs | null
  verifier: Verifier
  settings: NearSettings
  clock: Clock
}

/** Off the path of callers nobody is in a hurry. */
const comparingMs = 5_000

/** Puts the near tier together. */
export const openNear = (options: OpenNearOptions): NearMemory => {
  const { ready, perceive } = options
  const policy = createNearPolicy(options)
  const embedder = async (): Promise<EmbedderFacts | null> => {
    const readiness = await ready()
    return readiness.kind === 'ready' ? readiness.facts : null
  }
  const vectorOf = async (text: string): Promise<Float32Array | null> => {
    const seen = await perceive(text, comparingMs, new AbortController().signal)
    return seen.kind === 'perceived' ? seen.vector : null
  }
  return createNearMemory({
    tier: createNearTier({ ...options, embedder, policy }),
    policy,
    cosineOf: async (one, other) => {
      const [a, b] = [await vectorOf(one), await vectorOf(other)]
      return a && b ? a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) : null
    },
  })
}
