/** One more for a reason. */
export const countUp = <Reason extends string>(counts: Partial<Record<Reason, number>>, reason: Reason): void => {
  counts[reason] = (counts[reason] ?? 0) + 1
}

type Counts = Readonly<Partial<Record<string, number>>>

export const addCounts = (a: Counts, b: Counts): Record<string, number> => {
  const sum: Record<string, number> = {}
  for (const counts of [a, b])
    for (const [reason, count] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + (count ?? 0)
  return sum
}
