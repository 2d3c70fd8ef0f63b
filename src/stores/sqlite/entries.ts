import { setImmediate as nextTick } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../contract/runtime.ts'
import type { CacheEntry, Entries, NearQuestion } from '../../contract/store.ts'
import { once } from '../../lib/once.ts'
import { createCatalogue } from '../entries/catalogue.ts'
import type { Card } from '../entries/catalogue.ts'
import { createChanges } from '../entries/changes.ts'
import { packVector, unpackVector } from '../entries/packed-vector.ts'
import { sealEntry } from '../entries/sealed-entry.ts'
import type { EntryHead } from '../entries/sealed-entry.ts'
import type { Vault } from '../entries/vault.ts'
import { worthOf } from '../entries/worth.ts'
import { openCacheFile, setCacheFileAside } from './cache-file.ts'
import type { CacheFile } from './cache-file.ts'
import { openRows } from './entry-rows.ts'
import type { EntryRows, EntryWrite, HeadRow } from './entry-rows.ts'
import { answering, isDamaged } from './fault.ts'
import { createHeadReader } from './head-reader.ts'
import { loadBehind } from './load-behind.ts'

interface EntriesOptions {
  dataDir: string
  vault: Vault
  /** Bound of what lies on disk, and of what is held ready in memory. */
  maxBytes: number
  hotBytes: number
  clock: Clock
  /** Told what its owner should know, in words. */
  notice: (message: string) => void
}

interface StoredCard extends Card {
  head: EntryHead
  keyName: string
}

type Waiting = { write: EntryWrite } & Partial<PromiseWithResolvers<void>>

/** Bounds how long one transaction keeps the event loop from its streams. */
const writesPerTransaction = 100

/**
 * Remembered answers in `<dataDir>/cache.db`, sealed; those in use are held ready in memory. Which there are is known by
 * heart, so that a miss costs no read and a bound no query. A large file is learnt while the gateway serves already: what is
 * looked for meanwhile is learnt first, and what takes all of them waits. Null where another gateway has the file.
 */
export const openEntries = async (options: EntriesOptions): Promise<(Entries & AsyncDisposable) | null> => {
  const { dataDir, vault, maxBytes, hotBytes, clock, notice } = options
  const changes = createChanges()
  const hot = new LRUCache<string, CacheEntry>({
    maxSize: Math.max(1, hotBytes),
    sizeCalculation: ({ bytes }) => bytes,
  })
  /** On their way to the disk, or about to be written again. */
  const pending = new Map<string, CacheEntry>()
  const epochs = new Map<string, number>()
  const used = new Set<StoredCard>()
  const puttings = new Set<Promise<void>>()
  let queue: Waiting[] = []
  /** What could not be deleted is tried again with whatever is written next. */
  const undone: Waiting[] = []
  let committing: Promise<void> | null = null
  let isOpening = true

  const enqueue = (write: EntryWrite): void => {
    queue.push({ write })
    if (!isOpening) committing ??= commit()
  }

  const catalogue = createCatalogue<StoredCard>({
    maxBytes,
    clock,
    left: (card) => {
      hot.delete(card.id)
      pending.delete(card.id)
      used.delete(card)
      reader.left(card.id)
      enqueue({ kind: 'drop', id: card.id })
      if (card.head.hasQuestion) changes.tell({ kind: 'removed', id: card.id })
    },
  })

  const reader = createHeadReader({
    vault,
    isKnown: (id) => catalogue.ofId(id) !== null,
    enter: (head, { keyName, uses }) => void catalogue.enter({ ...head, head, keyName }, uses),
    drop: (id) => enqueue({ kind: 'drop', id }),
    notice,
  })

  const openFile = (): { file: CacheFile; rows: EntryRows } | null => {
    let rows: EntryRows | null = null
    const opened = openCacheFile(dataDir, (file) => {
      // What was read of a file before its damage was met is not believed.
      for (const card of catalogue.cards()) catalogue.drop(card)
      rows = openRows(file, vault)
      reader.begin()
      reader.takePiece(rows)
    })
    if (opened.kind === 'taken' || rows === null) return null
    if (opened.notice !== null) notice(opened.notice)
    return { file: opened.file, rows }
  }

  const first = openFile()
  if (!first) return null
  let disk = first
  isOpening = false

  /** A file that turns out to be damaged is given up at once, with all that is in it. */
  const renew = (): void => {
    disk.file.close()
    setCacheFileAside(dataDir)
    notice('The file of remembered answers, cache.db, is damaged: it was set aside, and a new one begun.')
    disk = openFile() ?? disk
  }

  const guarded = async <Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> =>
    answering(what, async () => {
      const read = disk
      try {
        return await work()
      } catch (thrown) {
        if (isDamaged(thrown) && disk === read) renew()
        throw thrown
      }
    })

  const commit = async (): Promise<void> => {
    queue = [...undone.splice(0), ...queue]
    while (queue.length > 0) {
      await nextTick()
      const batch = queue.slice(0, writesPerTransaction)
      queue = queue.slice(writesPerTransaction)
      const uses = [...used].map((card): EntryWrite => ({ kind: 'use', id: card.id, uses: catalogue.usesOf(card) }))
      used.clear()
      try {
        await guarded('the cache', () => disk.rows.write([...batch.map(({ write }) => write), ...uses]))
        for (const { resolve } of batch) resolve?.()
      } catch (cause) {
        for (const { write, reject } of batch) {
          if (write.kind === 'put') forgetUnwritten(write.entry.id)
          if (write.kind === 'drop') undone.push({ write })
          reject?.(cause)
        }
      }
    }
    committing = null
  }

  const forgetUnwritten = (id: string): void => {
    pending.delete(id)
    const card = catalogue.ofId(id)
    if (card) catalogue.drop(card)
  }

  /** Resolves once this is on disk, and what was enqueued before it has been tried. */
  const written = (write: EntryWrite): Promise<void> => {
    const waiting = Promise.withResolvers<void>()
    queue.push({ write, ...waiting })
    committing ??= commit()
    return waiting.promise
  }

  const put = (card: StoredCard, entry: CacheEntry): Promise<void> => {
    pending.set(card.id, entry)
    const putting = sealAndWrite(card, entry).finally(() => puttings.delete(putting))
    puttings.add(putting)
    return putting
  }

  const sealAndWrite = async (card: StoredCard, entry: CacheEntry): Promise<void> => {
    const sealed = await sealEntry(vault, entry, card.head)
    // Forgotten, or taken over by a newer one, while it was being sealed.
    if (pending.get(card.id) !== entry) return
    card.keyName = sealed.keyName
    await written({
      kind: 'put',
      entry: sealed,
      key: entry.key,
      canonicalKey: entry.canonicalKey,
      uses: catalogue.usesOf(card),
    })
    if (pending.get(card.id) === entry) pending.delete(card.id)
  }

  const readCard = async (card: StoredCard): Promise<CacheEntry | null> => {
    const ready = pending.get(card.id) ?? hot.get(card.id)
    if (ready) return ready
    const answer = await guarded('a remembered answer', () => disk.rows.body(card.id))
    if (!answer) {
      // What does not open now never will.
      if (catalogue.ofId(card.id) === card) catalogue.drop(card)
      return null
    }
    const { worthNanoUsd: _worth, hasQuestion, ...head } = card.head
    const near = hasQuestion ? disk.rows.question(card.id) : null
    const entry = { ...head, near, answer }
    if (catalogue.ofId(card.id) !== card) return entry
    hot.set(card.id, entry)
    // Once the key has changed, what is in use moves over to the new one.
    if (card.keyName !== vault.keyName) void put(card, entry).catch(() => undefined)
    return entry
  }

  const use = async (card: StoredCard | null): Promise<CacheEntry | null> => {
    if (!card) return null
    catalogue.use(card)
    used.add(card)
    return readCard(card)
  }

  const epochOf = (scope: string): number => {
    const known = epochs.get(scope) ?? disk.rows.epoch(scope)
    epochs.set(scope, known)
    return known
  }

  // What was met dead, or too much, while it was read.
  if (queue.length > 0) committing = commit()

  const tellStuck = once(() =>
    notice(
      'The file of remembered answers, cache.db, cannot be read to its end: that is tried again every few seconds.',
    ),
  )
  const behind = loadBehind({
    isDone: reader.isDone,
    takePiece: () =>
      guarded('the cache', () => reader.takePiece(disk.rows)).catch((cause: unknown) => {
        // Of the file that took the place of a damaged one all is known.
        if (reader.isDone()) return
        tellStuck()
        throw cause
      }),
  })
  const full = (): Promise<void> => behind.until(reader.isDone)

  /** Has these answer as they will once all are known. */
  const learn = async (rowsOf: (rows: EntryRows) => readonly (HeadRow | null)[]): Promise<void> => {
    if (reader.isDone()) return
    await guarded('the cache', () => {
      for (const row of rowsOf(disk.rows)) if (row) reader.take(row)
    })
  }

  return {
    find: async (key) => {
      await learn((rows) => [rows.headOfKey(key)])
      return use(catalogue.ofKey(key))
    },
    findCanonical: async (canonicalKey) => {
      await learn((rows) => [rows.headOfCanonicalKey(canonicalKey)])
      return use(catalogue.ofCanonicalKey(canonicalKey))
    },
    read: async (ids) => {
      await learn((rows) => ids.map(rows.headOfId))
      const found = await Promise.all(ids.map((id) => use(catalogue.ofId(id))))
      return found.filter((entry) => entry !== null)
    },
    set: async (given) => {
      const entry = { ...given, near: given.near && asStored(given.near) }
      const { near, answer, ...card } = entry
      const head = { ...card, worthNanoUsd: worthOf(answer), hasQuestion: near !== null }
      const stored = { ...head, head, keyName: vault.keyName }
      // What it replaces goes as one that is known does, whether its turn has come or not.
      if (!reader.isDone()) await learn((rows) => [rows.headOfKey(entry.key)])
      if (!catalogue.enter(stored)) return
      hot.set(entry.id, entry)
      if (near) changes.tell({ kind: 'added', id: entry.id, near })
      await put(stored, entry)
    },
    stats: async (scope) => {
      await full()
      return { ...(await catalogue.stats(scope)), maxBytes }
    },
    remove: async (query) => {
      const { ids } = query
      await (ids ? learn((rows) => ids.map(rows.headOfId)) : full())
      const removed = await catalogue.remove(query)
      // Behind all the others: what is said to be forgotten does not come back with the next start.
      if (removed > 0 && !query.dryRun) await written({ kind: 'drop', id: '' })
      return removed
    },
    epoch: (scope) => guarded('the cache', () => epochOf(scope ?? everybody)),
    advance: async (given, to) => {
      const scope = given ?? everybody
      const now = epochOf(scope)
      const epoch = Math.max(now, to ?? now + 1)
      epochs.set(scope, epoch)
      if (epoch !== now) await written({ kind: 'advance', scope, epoch })
      return epoch
    },
    hasQuestions: async () => {
      const isThere = (): boolean => catalogue.some(hasQuestion)
      await behind.until(() => isThere() || reader.isDone())
      return isThere()
    },
    questionIds: async () => {
      await full()
      return catalogue
        .cards()
        .filter(hasQuestion)
        .map(({ id }) => id)
    },
    questions: (ids) =>
      guarded('the questions of the cache', () =>
        ids.flatMap((id) => {
          const card = catalogue.ofId(id)
          const near = card && hasQuestion(card) ? (pending.get(id)?.near ?? disk.rows.question(id)) : null
          return near ? [{ id, near }] : []
        }),
      ),
    follow: changes.follow,
    [Symbol.asyncDispose]: async () => {
      await behind[Symbol.asyncDispose]()
      reader.end()
      await Promise.allSettled(puttings)
      if (used.size > 0) await written({ kind: 'drop', id: '' }).catch(() => undefined)
      await committing
      disk.file.close()
    },
  }
}

const hasQuestion = ({ head }: StoredCard): boolean => head.hasQuestion

/** No scope has this name. */
const everybody = ''

/** As it will be read again, so that a restart changes no verdict. */
const asStored = (near: NearQuestion): NearQuestion => ({ ...near, vector: unpackVector(packVector(near.vector)) })
