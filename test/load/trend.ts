/** Readings left out at the beginning, as a part of all: nothing is warm yet. */
const coldPart = 0.1

/**
 * How far a value rises from the first half of its readings to the second: by its highs or its lows, whichever rise
 * less. What leaks lifts both. What is filled and emptied again (memories of what was seen last, which forget in batches)
 * lifts one of them at most, wherever in its round the readings begin and end; a straight line through them would not
 * tell the two apart.
 */
export const riseOf = (values: readonly number[]): number => {
  const warm = values.slice(Math.ceil(values.length * coldPart))
  const half = Math.floor(warm.length / 2)
  if (half === 0) return 0
  const [first, second] = [warm.slice(0, half), warm.slice(half)]
  return Math.min(Math.max(...second) - Math.max(...first), Math.min(...second) - Math.min(...first))
}
