import type { JsonObject } from '../contract/json.ts'

/**
 * A number within `minimum`, `maximum`, their exclusive forms and `multipleOf`. Takes the first of `candidates` that fits
 * and removes it; else the fitting number nearest to 1.
 */
export const fitNumber = (schema: JsonObject, candidates: number[], integer: boolean): number => {
  const read = (keyword: string): number | null => {
    const value = schema[keyword]
    return typeof value === 'number' ? value : null
  }
  const multiple = read('multipleOf')
  const step = multiple ?? (integer ? 1 : 0)
  const atLeast = read('minimum') ?? Number.NEGATIVE_INFINITY
  const atMost = read('maximum') ?? Number.POSITIVE_INFINITY
  const above = read('exclusiveMinimum') ?? Number.NEGATIVE_INFINITY
  const below = read('exclusiveMaximum') ?? Number.POSITIVE_INFINITY

  const fits = (value: number): boolean =>
    value >= atLeast &&
    value <= atMost &&
    value > above &&
    value < below &&
    (!integer || Number.isInteger(value)) &&
    (multiple === null || Number.isInteger(value / multiple))

  const at = candidates.findIndex(fits)
  const [candidate] = at < 0 ? [] : candidates.splice(at, 1)
  if (candidate !== undefined) return candidate

  const low = Math.max(atLeast, above)
  const high = Math.min(atMost, below)
  const near = Math.min(Math.max(1, low), high)
  if (step > 0) {
    // On the grid: the point at or above `near`, its neighbours where a bound excludes it.
    const index = Math.ceil(near / step)
    return [index, index + 1, index - 1].map((point) => point * step).find(fits) ?? near
  }
  const inner =
    Number.isFinite(low) && Number.isFinite(high) ? low + (high - low) / 2 : near === low ? near + 1 : near - 1
  return fits(near) ? near : inner
}
