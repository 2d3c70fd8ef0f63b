import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { News, NewsListener } from '../../contract/news.ts'
import type { RedisSettings } from '../../contract/settings.ts'
import type { Note } from '../../contract/store.ts'
import { backOff } from '../../lib/backoff.ts'
import { openRedis } from './client.ts'
import type { StreamItem } from './client.ts'
import { createOutbox } from './outbox.ts'
import { appendScript, fieldAt, lastIdScript } from './stream-scripts.ts'

interface NewsOptions<Message> {
  redis: RedisSettings
  /** The stream's name behind the prefix. */
  topic: string
  /** Bound of what the stream keeps for those who begin or were away. */
  maxBytes: number
  /** How messages look there; null for one that cannot be told, or is none of ours. */
  write: (message: Message) => Promise<Buffer | null>
  read: (text: Buffer) => Promise<Message | null>
  /** What need not arrive when there are too many to keep. */
  mayDrop: (message: Message) => boolean
  /** What stands for all that must arrive where there are too many to keep each. */
  inPlaceOf?: (message: Message) => Message
  /** Keeps over a restart up to where was heard; null or unset: whoever begins hears all that is there. */
  place?: Note | null
}

/** A part of the stream is at most so many messages: others have their turn in between. */
const partSize = 64
const heardPerTurn = 8
const blockMs = 5_000
/** Nobody waits for what is told. */
const sendMs = 5_000
/** What was heard since is heard again after a kill. */
const keepPlaceMs = 60_000
const firstPauseMs = 50
const lastPauseMs = 2_000
/** A stream to which nobody has added for so long goes by itself: whatever it tells of is over. */
const lifeMs = 7 * 86_400_000
/** What was told so long ago at most is told again to a stream that lost it. */
const retoldMs = 10 * 60_000
const maxRetold = 1_000

/**
 * News over a stream in Redis, on two connections of its own: one that waits for what comes, one for what is told. Both come
 * again by themselves. Whoever was away goes on behind what he heard last; each message says which one went before it, so
 * that he sees whether any is missing, or the stream is another one, which he then hears from its beginning. What must arrive
 * is told anew to a stream that was lost with its server. So a message may be heard twice, and never out of order.
 */
export const openNews = <Message>(options: NewsOptions<Message>): News<Message> & AsyncDisposable => {
  const { redis, topic, maxBytes, write, read, mayDrop, inPlaceOf = null, place = null } = options
  const key = `news:${topic}`
  const self = randomBytes(6).toString('base64url')
  const stop = new AbortController()
  const counts = { heard: 0, skipped: 0 }
  const writer = openRedis(redis, () => undefined)
  const reader = openRedis(redis, () => undefined)
  void writer.connect().catch(() => undefined)
  /** What must arrive, for as long as a server may be lost that had not told it to all. */
  let vital: { message: Message; atMs: number }[] = []
  /** Of the last message that was heard. */
  let heardTo = nothing
  /** Behind which is read: `heardTo`, or the beginning where the stream is another one. */
  let cursor = nothing
  /** The last message that did not follow what was heard: up to it nothing more can be said of that. */
  let doubted = nothing
  let isCaughtUp = false
  let backlogSinceMs = Date.now()
  let reading: Promise<void> | null = null

  let placeKept = nothing
  const keepPlace = async (): Promise<void> => {
    if (!place || heardTo === placeKept) return
    placeKept = heardTo
    await place.write(heardTo).catch(() => undefined)
  }
  const timer = place && setInterval(() => void keepPlace(), keepPlaceMs).unref()

  const outbox = createOutbox<Message>({
    write,
    send: (texts) => writer.run(appendScript, key, [maxBytes, lifeMs, self, ...texts], sendMs),
    mayDrop,
    inPlaceOf,
  })

  const recent = (): typeof vital => vital.filter(({ atMs }) => atMs > Date.now() - retoldMs).slice(-maxRetold)

  const tell = (message: Message): void => {
    if (!mayDrop(message)) vital = [...recent(), { message, atMs: Date.now() }]
    outbox.put(message)
  }

  /** The stream begins anew: what it told of before is lost to those who had not heard it. */
  const retell = (): void => {
    for (const { message } of recent()) outbox.put(message)
  }

  const hear = async ({ from, text }: Letter, listener: NewsListener<Message>): Promise<void> => {
    if (from === self) return
    try {
      const message = await read(text)
      if (message === null) {
        counts.skipped += 1
        return
      }
      await listener.heard(message)
      counts.heard += 1
    } catch {
      counts.skipped += 1
    }
  }

  /** False where the stream is not the one that was heard so far: then all of it is read, and taken as it comes up to here. */
  const follows = async ({ before }: Letter, id: string, listener: NewsListener<Message>): Promise<boolean> => {
    if (before === cursor) return true
    // Gone before it could be heard: only the oldest go, so that nothing else is there to be read.
    if (isAfter(before, cursor === nothing ? heardTo : cursor)) {
      await listener.missed?.()
      return true
    }
    if (cursor === nothing || !isAfter(id, doubted)) return true
    doubted = id
    cursor = nothing
    return false
  }

  const hearPart = async (items: readonly StreamItem[], listener: NewsListener<Message>): Promise<boolean> => {
    for (const [index, item] of items.entries()) {
      const letter = letterOf(item)
      if (letter) {
        if (letter.before === nothing && cursor === nothing && heardTo !== nothing) retell()
        if (!(await follows(letter, item.id, listener))) return false
        await hear(letter, listener)
      } else counts.skipped += 1
      cursor = item.id
      heardTo = item.id
      // Streams of answers have their turn in between.
      if (index % heardPerTurn === 0) await nextTurn()
      if (stop.signal.aborted) return false
    }
    return true
  }

  /** A stream that ends before what was heard of it is another one. */
  const lookAtEnd = async (): Promise<void> => {
    const last = String(await reader.run(lastIdScript, key, [], sendMs))
    if (last === cursor || isAfter(last, cursor)) return
    cursor = nothing
    doubted = nothing
    if (last === nothing) retell()
  }

  const readPart = async (listener: NewsListener<Message>): Promise<void> => {
    const items = await reader.read(key, {
      afterId: cursor,
      count: partSize,
      waitMs: isCaughtUp ? blockMs : 0,
    })
    const first = items[0]
    if (items.length === partSize && first) backlogSinceMs = timeOf(first.id)
    const isWhole = await hearPart(items, listener)
    isCaughtUp = isWhole && items.length < partSize
    if (isCaughtUp) backlogSinceMs = Date.now()
    if (items.length === 0 && cursor !== nothing) await lookAtEnd()
  }

  const readOn = async (listener: NewsListener<Message>): Promise<void> => {
    const kept = (await place?.read()) ?? nothing
    if (typeof kept === 'string' && /^\d+-\d+$/.test(kept)) heardTo = kept
    cursor = heardTo
    await reader.connect().catch(() => undefined)
    for (let attempt = 0; !stop.signal.aborted;) {
      try {
        await readPart(listener)
        attempt = 0
      } catch {
        isCaughtUp = false
        reader.reconnect()
        await backOff({ attempt, baseDelayMs: firstPauseMs, maxDelayMs: lastPauseMs }, stop.signal)
        attempt += 1
      }
    }
  }

  return {
    tell,
    follow: (listener) => {
      reading ??= readOn(listener)
    },
    facts: () => ({
      ...outbox.counts,
      ...counts,
      waiting: outbox.waiting(),
      isCaughtUp,
      lagMs: isCaughtUp ? 0 : Math.max(0, Date.now() - backlogSinceMs),
    }),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      if (timer) clearInterval(timer)
      await outbox[Symbol.asyncDispose]()
      // What waits for the next message ends with its connection.
      reader[Symbol.dispose]()
      await reading
      await keepPlace()
      writer[Symbol.dispose]()
    },
  }
}

/** The id before the first message. */
const nothing = '0-0'

interface Letter {
  before: string
  from: string
  text: Buffer
}

/** Null for what is no message of ours. */
const letterOf = ({ fields }: StreamItem): Letter | null => {
  const [before, from, text] = [fields[fieldAt.before], fields[fieldAt.from], fields[fieldAt.text]]
  return before && from && text ? { before: before.toString(), from: from.toString(), text } : null
}

const timeOf = (id: string): number => Number(id.split('-')[0])

/** Ids are moments of Redis' clock, and numbers within a millisecond. */
const isAfter = (id: string, other: string): boolean => {
  const [[ms = 0, number = 0] = [], [otherMs = 0, otherNumber = 0] = []] = [id, other].map((one) =>
    one.split('-').map(Number),
  )
  return ms > otherMs || (ms === otherMs && number > otherNumber)
}
