import { z } from 'zod'
import type { PerceptionStatus } from '../contract/perception.ts'

export const perceptionStatus = z.object({
  index: z.enum(['idle', 'indexing', 'following']),
  entries: z.int(),
  partitions: z.int(),
  bytes: z.int(),
  workers_ended: z.int(),
  workers_stuck: z.int(),
  degraded: z.array(z.string()).describe('What is missing, in words.'),
  counts: z.record(z.string(), z.int()).describe('What came of texts, searches and pairs since the start.'),
})

export const showPerception = (status: PerceptionStatus): z.infer<typeof perceptionStatus> => ({
  index: status.near.phase,
  entries: status.index?.entries ?? 0,
  partitions: status.index?.partitions ?? 0,
  bytes: status.index?.bytes ?? 0,
  workers_ended: status.ended,
  workers_stuck: status.stuck,
  degraded: degradedOf(status),
  counts: Object.fromEntries(Object.entries(status.tallies).map(([what, count]) => [what.replaceAll('-', '_'), count])),
})

/** One line of it. */
export const sayPerception = (status: PerceptionStatus): string => {
  const { entries = 0, partitions = 0 } = status.index ?? {}
  const index = `Near index: ${status.near.phase}, ${entries} questions in ${partitions} partitions.`
  return [index, ...degradedOf(status).map((why) => `Degraded: ${why}.`)].join(' ')
}

const degradedOf = ({ index, pairs }: PerceptionStatus): string[] => [
  ...(index?.withoutGraphs == null
    ? []
    : [`large partitions are looked through entry by entry: ${index.withoutGraphs}`]),
  ...(pairs?.kind === 'unavailable' ? [`pairs are compared by their words alone: ${pairs.why}`] : []),
]
