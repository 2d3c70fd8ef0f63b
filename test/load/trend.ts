/** A value at a time. */
export interface Sample {
  atMs: number
  value: number
}

/**
 * How much a value grows over the time that samples span, by the straight line that fits them best (least squares):
 * a trend, where the difference of two samples would be noise.
 */
export const growthOf = (samples: readonly Sample[]): number => {
  const [first] = samples
  const last = samples.at(-1)
  if (!first || !last || first.atMs === last.atMs) return 0
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanMs = mean(samples.map(({ atMs }) => atMs))
  const meanValue = mean(samples.map(({ value }) => value))
  const covariance = samples.reduce((sum, { atMs, value }) => sum + (atMs - meanMs) * (value - meanValue), 0)
  const variance = samples.reduce((sum, { atMs }) => sum + (atMs - meanMs) ** 2, 0)
  return (covariance / variance) * (last.atMs - first.atMs)
}
