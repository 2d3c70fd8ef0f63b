import type { Json, JsonObject } from '../../contract/json.ts'
import { objectOf, textOf } from '../shape.ts'

/** Arguments of a call that come piece by piece, each with the place that it belongs to. */
export interface PartialArgs {
  add(pieces: readonly Json[]): void
  whole(): JsonObject
}

/**
 * Puts arguments together from `partialArgs`, which Vertex sends where a caller asked for it: `{jsonPath: "$.a[0].b",
 * stringValue: "…"}`. Text for a place that has text goes on with it.
 */
export const createPartialArgs = (): PartialArgs => {
  const root: JsonObject = {}
  return {
    add(pieces) {
      for (const value of pieces) {
        const piece = objectOf(value)
        const steps = stepsOf(textOf(piece?.jsonPath))
        if (piece && steps.length > 0) place(root, steps, valueOf(piece))
      }
    },
    whole: () => root,
  }
}

/** Steps of a JSON path in the two forms that are sent: `.name` (or `['name']`) and `[0]`. */
const stepsOf = (path: string): (string | number)[] =>
  [...path.matchAll(/\.([^.[\]]+)|\[(\d{1,4})\]|\[['"]([^'"]*)['"]\]/g)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? '') : Number(index),
  )

const valueOf = (piece: JsonObject): Json => {
  const { stringValue, numberValue, boolValue } = piece
  return stringValue ?? numberValue ?? boolValue ?? null
}

const place = (root: JsonObject, steps: readonly (string | number)[], value: Json): void => {
  let at: JsonObject | Json[] = root
  for (const [depth, step] of steps.entries()) {
    const next = steps[depth + 1]
    const here: Json | undefined = read(at, step)
    if (next === undefined) {
      write(at, step, typeof here === 'string' && typeof value === 'string' ? here + value : value)
      return
    }
    const inner: JsonObject | Json[] =
      typeof here === 'object' && here !== null ? here : typeof next === 'number' ? [] : {}
    write(at, step, inner)
    at = inner
  }
}

const read = (holder: JsonObject | Json[], step: string | number): Json | undefined => {
  if (Array.isArray(holder)) return typeof step === 'number' ? holder[step] : undefined
  return Object.hasOwn(holder, step) ? holder[step] : undefined
}

const write = (holder: JsonObject | Json[], step: string | number, value: Json): void => {
  if (!Array.isArray(holder))
    Object.defineProperty(holder, step, { value, enumerable: true, writable: true, configurable: true })
  else if (typeof step === 'number') {
    while (holder.length < step) holder.push(null)
    holder[step] = value
  }
}
