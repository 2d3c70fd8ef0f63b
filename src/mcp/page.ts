import { z } from 'zod'

/** Where the next page begins, as text: models hand it back untouched more reliably than a number. */
export const cursor = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a next_cursor of an earlier answer.')
  .optional()
  .describe('next_cursor of the answer before, for the rows that did not fit. Default: from the start.')

export const nextCursor = z.string().nullable().describe('Send it as cursor for the rows left out; null: nothing was.')

interface Page<Item> {
  items: readonly Item[]
  nextCursor: string | null
  /** Rows after this page. */
  left: number
}

/** Results must fit a model's context: lists are shown a page at a time. */
export const takePage = <Item>(items: readonly Item[], from: string | undefined, limit: number): Page<Item> => {
  const start = Number(from ?? 0)
  const end = start + limit
  const left = Math.max(0, items.length - end)
  return { items: items.slice(start, end), nextCursor: left > 0 ? String(end) : null, left }
}

/** Says aloud that a list was cut, and how to get the rest; nothing where it is whole. */
export const cutMark = ({ left, nextCursor: next }: Pick<Page<unknown>, 'left' | 'nextCursor'>): string[] =>
  next === null ? [] : [`… cut: ${left} more. Call again with cursor "${next}".`]
