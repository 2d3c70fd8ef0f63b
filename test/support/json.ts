import type { Json } from '../../src/contract/json.ts'

/** A value deep in a JSON one; undefined where there is none. A negative position counts from a list's end. */
export const at = (value: Json | undefined, ...keys: (string | number)[]): Json | undefined =>
  keys.reduce<Json | undefined>((inner, key) => {
    if (Array.isArray(inner)) return typeof key === 'number' ? inner.at(key) : undefined
    return typeof inner === 'object' && inner !== null ? inner[key] : undefined
  }, value)
