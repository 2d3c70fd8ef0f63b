/** Does work 0 … `count` - 1, `width` at a time, and gives back what came of each, in order. */
export const crowd = async <Result>(
  count: number,
  width: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
  return results
}

/** All at once. */
export const together = <Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  crowd(count, count, work)
