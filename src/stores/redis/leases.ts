import type { Lease, Leases } from '../../contract/store.ts'
import { aloneMs } from '../memory/leases.ts'
import { acquireScript, releaseScript, renewScript } from './entry-scripts.ts'
import type { Places } from './places.ts'
import type { RedisWatch } from './watch.ts'

/** Leases that all instances share, each beside the entry that it is for. Without Redis nobody gets any. */
export const createLeases = ({ places, watch }: { places: Places; watch: RedisWatch }): Leases => {
  const placeOf = (key: string) => places.ofName(places.nameOf('key', key))

  /** What the script says of a lease; null where Redis does not. */
  const ask = async (script: typeof renewScript, { key, fence }: Lease, ms: number): Promise<number | null> => {
    const { shard, name } = placeOf(key)
    return watch.ask(async (client) => Number(await client.run(script, shard, [name, ms, fence])))
  }

  return {
    acquire: async (key, ttlMs) => {
      const { shard, name } = placeOf(key)
      const isNew = watch.isHere()
      const said = await watch.ask(async (client) => verdictOf(await client.run(acquireScript, shard, [name, ttlMs])))
      if (!said) return { state: 'unknown', isNew }
      if (said.state < 0) return { state: 'alone' }
      return said.state === 0
        ? { state: 'taken', forMs: said.number }
        : { state: 'held', lease: { key, fence: said.number } }
    },
    renew: async (lease, ttlMs) => (await ask(renewScript, lease, ttlMs)) === 1,
    release: async (lease, kept) => void (await ask(releaseScript, lease, kept ? 0 : aloneMs)),
  }
}

const verdictOf = (reply: unknown): { state: number; number: number } => {
  const [state, number = 0] = Array.isArray(reply) ? reply.map(Number) : []
  if (state === undefined) throw new Error('it answered something else than a lease')
  return { state, number }
}
