import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Lease, Removal } from '../../contract/store.ts'
import { openBody, openHead, openQuestion, sealEntry } from '../entries/sealed-entry.ts'
import type { Vault } from '../entries/vault.ts'
import { worthOf } from '../entries/worth.ts'
import type { RedisClient } from './client.ts'
import { dropScript, followScript, matchScript, pointScript, putScript, readScript } from './entry-scripts.ts'
import type { Stamp } from './history.ts'
import type { Place, Places } from './places.ts'
import { bytesOf, listOf, numberOf, textOf } from './reply.ts'

/** An entry as another instance, or this one, has put it there. */
interface Shared {
  entry: CacheEntry
  stamp: Stamp
}

/** What is known of an entry without reading it. */
export interface Card {
  id: string
  shard: string
  text: Buffer
}

interface AnswersOptions {
  places: Places
  vault: Vault
  /** Bound of what all entries together take in Redis. */
  maxBytes: number
  clock: Clock
}

/** What a key, its pointers and its card take beside what is sealed. */
const overheadBytes = 500
const cardsAtOnce = 500
/** Ends are looked at by the clock of whoever reads; Redis only clears away, a little later. */
const graceMs = 60_000

/** Entries in Redis, sealed. Each call throws where Redis does not answer as it should. */
export const createAnswers = ({ places, vault, maxBytes, clock }: AnswersOptions) => {
  const maxShardBytes = Math.floor(maxBytes / places.shards.length)

  const cardOf = ({ id, scope, tags, createdAtMs }: CacheEntry, name: string, bytes: number): string => {
    const tagged = tags.map((tag) => `${places.nameOf('tag', tag)},`).join('')
    return `${name} ${bytes} ${createdAtMs} ${id} ${places.nameOf('scope', scope)} ,${tagged}`
  }

  const readAt = async (client: RedisClient, { shard, name }: Place): Promise<Shared | null> => {
    const reply = await client.runForBytes(readScript, shard, [name, ...fields])
    if (reply === null) return null
    const [id, keyName, birth, seq, head, question, body] = listOf(reply).map(bytesOf)
    if (!id || !keyName || !birth || !seq || !head || !question || !body) return null
    const sealed = {
      id: id.toString(),
      keyName: keyName.toString(),
      head,
      body,
      question: question.length > 0 ? question : null,
    }
    const opened = openHead(vault, sealed)
    const answer = opened && (await openBody(vault, sealed))
    if (!opened || !answer) return null
    const { worthNanoUsd: _worth, hasQuestion, ...rest } = opened
    // An ended one that Redis still has: its time is not the gateway's.
    if (clock.now() >= rest.staleUntilMs || places.nameOf('key', rest.key) !== name) return null
    const near = hasQuestion ? openQuestion(vault, sealed) : null
    return { entry: { ...rest, near, answer }, stamp: { birth: birth.toString(), seq: numberOf(seq) } }
  }

  const nameAt = async (client: RedisClient, pointer: string): Promise<string | null> => {
    const reply = await client.runForBytes(followScript, pointer, [])
    return reply === null ? null : textOf(reply)
  }

  const readVia = async (client: RedisClient, pointer: string): Promise<Shared | null> => {
    const name = await nameAt(client, pointer)
    return name === null ? null : readAt(client, places.ofName(name))
  }

  /** Every card of a shard that is meant. What comes or goes meanwhile may be missing. */
  const cardsIn = async (
    client: RedisClient,
    shard: string,
    { scope, tag, madeBeforeMs }: Removal,
  ): Promise<Card[]> => {
    const ofTag = tag === undefined ? '' : places.nameOf('tag', tag)
    const wanted = [scope === null ? '' : places.nameOf('scope', scope), ofTag, madeBeforeMs ?? '']
    const cards: Card[] = []
    for (let cursor = '0'; ;) {
      const [next, ...meant] = listOf(await client.runForBytes(matchScript, shard, [cursor, ...wanted])).map(bytesOf)
      cards.push(...meant.map((text) => ({ id: idIn(text), shard, text })))
      cursor = textOf(next)
      if (cursor === '0') return cards
    }
  }

  /** Those of the ids that are there and are meant. */
  const cardsOfIds = async (client: RedisClient, ids: readonly string[], query: Removal): Promise<Card[]> => {
    const found = await Promise.all(
      ids.map(async (id): Promise<Card | null> => {
        const name = await nameAt(client, places.pointer(places.nameOf('id', id)))
        if (name === null) return null
        const { shard } = places.ofName(name)
        const reply = await client.runForBytes(readScript, shard, [name, 'card'])
        const text = reply === null ? null : bytesOf(listOf(reply)[0])
        return text && idIn(text) === id && isMeant(text, query) ? { id, shard, text } : null
      }),
    )
    return found.filter((card) => card !== null)
  }

  const isMeant = (card: Buffer, { scope, tag, madeBeforeMs = Infinity }: Removal): boolean =>
    (scope === null || card.includes(` ${places.nameOf('scope', scope)} `)) &&
    (tag === undefined || card.includes(`,${places.nameOf('tag', tag)},`)) &&
    Number(partOf(card, 2)) < madeBeforeMs

  return {
    ofKey: (client: RedisClient, key: string): Promise<Shared | null> =>
      readAt(client, places.ofName(places.nameOf('key', key))),

    ofCanonicalKey: async (client: RedisClient, canonicalKey: string): Promise<Shared | null> => {
      const found = await readVia(client, places.pointer(places.nameOf('canonical', canonicalKey)))
      return found?.entry.canonicalKey === canonicalKey ? found : null
    },

    ofId: async (client: RedisClient, id: string): Promise<Shared | null> => {
      const found = await readVia(client, places.pointer(places.nameOf('id', id)))
      return found?.entry.id === id ? found : null
    },

    /** `overtaken`: another has the lease by now. `declined`: it has no room, or no life. */
    put: async (
      client: RedisClient,
      entry: CacheEntry,
      { stamp, lease }: { stamp: Stamp; lease: Lease | null },
    ): Promise<'kept' | 'overtaken' | 'declined'> => {
      const lifeMs = Math.ceil(entry.staleUntilMs - clock.now())
      if (lifeMs <= 0) return 'declined'
      const { near, answer, ...card } = entry
      const head = { ...card, worthNanoUsd: worthOf(answer), hasQuestion: near !== null }
      const { keyName, head: sealedHead, question, body } = await sealEntry(vault, entry, head)
      const { shard, name } = places.ofName(places.nameOf('key', entry.key))
      const bytes = overheadBytes + sealedHead.length + (question?.length ?? 0) + body.length
      const values = [entry.id, keyName, stamp.birth, stamp.seq, sealedHead, question ?? '', body]
      const keptMs = lifeMs + graceMs
      const pointers = [places.nameOf('id', entry.id)]
      if (entry.canonicalKey !== null) pointers.push(places.nameOf('canonical', entry.canonicalKey))
      const [kept] = await Promise.all([
        client.runForBytes(putScript, shard, [
          name,
          lease?.fence ?? '',
          keptMs,
          cardOf(entry, name, bytes),
          maxShardBytes,
          ...fields.flatMap((field, index) => [field, values[index] ?? '']),
        ]),
        ...pointers.map((to) => client.runForBytes(pointScript, places.pointer(to), [name, keptMs])),
      ])
      const outcome = numberOf(kept)
      if (outcome === 1) return 'kept'
      return outcome === 0 ? 'declined' : 'overtaken'
    },

    cards: async (client: RedisClient, query: Removal): Promise<Card[]> => {
      if (query.ids) return cardsOfIds(client, query.ids, query)
      const found: Card[] = []
      for (const shard of places.shards) found.push(...(await cardsIn(client, shard, query)))
      return [...new Map(found.map((card) => [card.text.toString(), card])).values()]
    },

    /** Returns how many were there. */
    drop: async (client: RedisClient, cards: readonly Card[]): Promise<number> => {
      let dropped = 0
      for (const [shard, ofShard] of Map.groupBy(cards, (card) => card.shard))
        for (let from = 0; from < ofShard.length; from += cardsAtOnce) {
          const texts = ofShard.slice(from, from + cardsAtOnce).map(({ text }) => text)
          dropped += numberOf(await client.runForBytes(dropScript, shard, texts))
        }
      return dropped
    },
  }
}

const fields = ['id', 'keyName', 'birth', 'seq', 'head', 'question', 'body'] as const

/** `<name> <bytes> <made> <id> <scope> ,<tag>,…,` */
const partOf = (card: Buffer, index: number): string => card.toString().split(' ')[index] ?? ''
const idIn = (card: Buffer): string => partOf(card, 3)
