import type { Json, JsonObject } from '../contract/json.ts'

/**
 * Tolerant readers for what providers send: a field of another type counts as absent, fields nobody asks for are never
 * looked at. A whole schema per chunk of a stream would cost more than everything else that is done with it.
 */
export const objectOf = (value: Json | undefined): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null

export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** A count of something: whole and not negative. Zero is a value; anything else is null. */
export const countOf = (value: Json | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

/** An amount: finite and not negative, else null. */
export const amountOf = (value: Json | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null

/** The value of a JSON text; undefined when it is none. */
export const parseJson = (text: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whatever JSON.parse gives is JSON, which its type does not say. */
const isJson = (_parsed: unknown): _parsed is Json => true

/** The fields that have a value: what is unset is not sent. */
export const compact = (fields: Readonly<Record<string, Json | undefined>>): JsonObject => {
  const set: JsonObject = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) set[name] = value
  return set
}
