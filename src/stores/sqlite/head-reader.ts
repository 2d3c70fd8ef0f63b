import type { EntryHead } from '../entries/sealed-entry.ts'
import { openHead } from '../entries/sealed-entry.ts'
import type { Vault } from '../entries/vault.ts'
import type { EntryRows, HeadRow } from './entry-rows.ts'

/** Finds out what a file holds, each row once: in its turn, or sooner where somebody asks for it. */
export interface HeadReader {
  /** Of another file. */
  begin(): void
  /** Some rows more; does nothing once there are none. */
  takePiece(rows: EntryRows): void
  /** One row before its turn. */
  take(row: HeadRow): void
  /** An entry is not wanted any more: its row, which may still lie there, is not read again. */
  left(id: string): void
  isDone(): boolean
  /** Reads no more. */
  end(): void
}

interface HeadReaderOptions {
  vault: Vault
  isKnown: (id: string) => boolean
  enter: (head: EntryHead, row: HeadRow) => void
  drop: (id: string) => void
  /** Told once how many could not be read, in words. */
  notice: (message: string) => void
}

/** A few milliseconds of the event loop. */
const rowsPerPiece = 100

export const createHeadReader = ({ vault, isKnown, enter, drop, notice }: HeadReaderOptions): HeadReader => {
  const gone = new Set<string>()
  let place = 0
  let isDone = false
  let unreadable = 0

  const take = (row: HeadRow): void => {
    // In this order: looking at one whose life is over makes it go.
    if (isKnown(row.id) || gone.has(row.id)) return
    const head = openHead(vault, row)
    if (head) return enter(head, row)
    unreadable += 1
    gone.add(row.id)
    drop(row.id)
  }

  const end = (): void => {
    isDone = true
    gone.clear()
    if (unreadable > 0)
      notice(`${unreadable} remembered answers were sealed under another CACHE_KEY, or are damaged: they are dropped.`)
    unreadable = 0
  }

  return {
    begin: () => {
      gone.clear()
      place = 0
      isDone = false
      unreadable = 0
    },
    takePiece: (rows) => {
      if (isDone) return
      const piece = rows.heads(place, rowsPerPiece)
      for (const row of piece) take(row)
      place = piece.at(-1)?.place ?? place
      if (piece.length < rowsPerPiece) end()
    },
    take,
    left: (id) => {
      if (!isDone) gone.add(id)
    },
    isDone: () => isDone,
    end,
  }
}
