import type { Vault } from '../entries/vault.ts'

/** Where something of the cache is in Redis. Names tell nothing: they are HMACs, and without CACHE_KEY nobody can make them. */
export interface Place {
  shard: string
  name: string
}

/** So many that a cluster's nodes have a like number of entries each, and few enough to look through all. */
const shardCount = 16

export const createPlaces = (vault: Vault) => {
  const nameOf = (kind: 'key' | 'canonical' | 'id' | 'scope' | 'tag', text: string): string =>
    // Half of it is as unlikely to meet twice as a random UUID.
    Buffer.from(vault.mac(`${kind} ${text}`)).toString('base64url', 0, 16)
  const shardOf = (number: number): string => `cache:{${vault.keyName}-${number}}:`
  return {
    nameOf,
    /** Of an entry, and of its lease. */
    ofName: (name: string): Place => ({ shard: shardOf(name.charCodeAt(0) % shardCount), name }),
    /** Of what tells where an entry is. */
    pointer: (name: string): string => `cache:${vault.keyName}:p:${name}`,
    state: `cache:{${vault.keyName}}:state`,
    shards: Array.from({ length: shardCount }, (_, number) => shardOf(number)),
  }
}

export type Places = ReturnType<typeof createPlaces>
