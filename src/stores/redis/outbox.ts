import { setTimeout as pause } from 'node:timers/promises'
import { backOff } from '../../lib/backoff.ts'

/** What waits to be told. */
export interface Outbox<Message> extends AsyncDisposable {
  put(message: Message): void
  waiting(): number
  counts: { told: number; dropped: number }
}

interface OutboxOptions<Message> {
  /** Null for what cannot be told. */
  write: (message: Message) => Promise<Buffer | null>
  /** Sends them in this order, all or, as far as anybody knows, none. */
  send: (texts: readonly Buffer[]) => Promise<unknown>
  /** Of what must arrive: what stands for all of it where there was no room to keep each. Null: nothing must. */
  inPlaceOf: ((message: Message) => Message) | null
  /** What need not arrive. */
  mayDrop: (message: Message) => boolean
}

/** So many wait at most. */
const maxWaiting = 10_000
const maxTogether = 64
const maxTogetherBytes = 1 << 20
const firstPauseMs = 100
const lastPauseMs = 2_000
/** The end waits no longer for what is still to be told. */
const lastMs = 1_000

/**
 * Messages go out in order, in lots, and again until they have arrived: nobody who has something to tell waits for that. Where
 * too many wait, those that may be dropped go first, the oldest of them first.
 */
export const createOutbox = <Message>(options: OutboxOptions<Message>): Outbox<Message> => {
  const { write, send, inPlaceOf, mayDrop } = options
  const counts = { told: 0, dropped: 0 }
  const stop = new AbortController()
  const waiting = new Set<{ message: Message }>()
  let sending: Promise<void> | null = null

  const makeRoom = (newest: { message: Message }): void => {
    counts.dropped += 1
    for (const one of waiting)
      if (mayDrop(one.message)) {
        waiting.delete(one)
        return
      }
    // All of them must arrive: the newest, in other words, stands for them all.
    waiting.clear()
    waiting.add({ message: inPlaceOf?.(newest.message) ?? newest.message })
  }

  /** The first ones that go together, with those that cannot be told among them. */
  const nextLot = async (): Promise<{ lot: { message: Message }[]; texts: Buffer[] }> => {
    const lot: { message: Message }[] = []
    const texts: Buffer[] = []
    let bytes = 0
    for (const one of [...waiting].slice(0, maxTogether)) {
      const text = await write(one.message).catch(() => null)
      lot.push(one)
      if (!text) continue
      texts.push(text)
      bytes += text.length
      if (bytes >= maxTogetherBytes) break
    }
    return { lot, texts }
  }

  const sendAll = async (): Promise<void> => {
    for (let attempt = 0; waiting.size > 0;) {
      const { lot, texts } = await nextLot()
      try {
        if (texts.length > 0) await send(texts)
      } catch {
        // One last attempt is all that the end waits for.
        if (stop.signal.aborted) break
        await backOff({ attempt, baseDelayMs: firstPauseMs, maxDelayMs: lastPauseMs }, stop.signal)
        attempt += 1
        continue
      }
      attempt = 0
      counts.told += texts.length
      counts.dropped += lot.length - texts.length
      for (const one of lot) waiting.delete(one)
    }
    sending = null
  }

  return {
    put: (message) => {
      if (stop.signal.aborted) return
      const one = { message }
      waiting.add(one)
      if (waiting.size > maxWaiting) makeRoom(one)
      sending ??= sendAll()
    },
    waiting: () => waiting.size,
    counts,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.race([sending, pause(lastMs, undefined, { ref: false })])
    },
  }
}
