import type { SQLOutputValue } from 'node:sqlite'

/** A row as SQLite hands it out: its columns are typed by the schema, not by the language. */
export type Row = Readonly<Record<string, SQLOutputValue>>

/** @throws TypeError for any other type */
export const textOf = (row: Row, column: string): string => {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds no text`)
  return value
}

/** @throws TypeError for any other type, and beyond 53 bits */
export const numberOf = (row: Row, column: string): number => {
  const value = Number(row[column] ?? Number.NaN)
  if (Number.isNaN(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new TypeError(`Column ${column} holds no number that JavaScript can count with`)
  return value
}

/** An integer of up to 63 bits, from a statement that reads bigints. */
export const amountOf = (row: Row, column: string): bigint => {
  const value = row[column]
  if (typeof value !== 'bigint') throw new TypeError(`Column ${column} holds no integer`)
  return value
}

/** @throws TypeError for any other type */
export const bytesOf = (row: Row, column: string): Uint8Array => {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw new TypeError(`Column ${column} holds no bytes`)
  return value
}
