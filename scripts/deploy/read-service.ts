import { text } from 'node:stream/consumers'
import { z } from 'zod'

/**
 * Answers one question about a service that `gcloud run services describe --format=json` describes on standard input:
 *
 *     read-service.ts serving          the revision that has the most traffic
 *     read-service.ts host             host name of the service's URL
 *     read-service.ts tagged TAG       URL of the revision with that tag
 *     read-service.ts previous NOW     the ready revision that served before: not for a service, but for
 *                                      `gcloud run revisions list --format=json`
 *
 * Prints nothing where there is no answer.
 */

const target = z.object({
  revisionName: z.string().optional(),
  percent: z.number().optional(),
  tag: z.string().optional(),
  url: z.string().optional(),
  latestRevision: z.boolean().optional(),
})

const described = z.object({
  status: z
    .object({
      url: z.string().optional(),
      latestReadyRevisionName: z.string().optional(),
      traffic: z.array(target).default([]),
    })
    .default({ traffic: [] }),
})

const revisions = z.array(
  z.object({
    metadata: z.object({ name: z.string(), creationTimestamp: z.string() }),
    status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) }),
  }),
)

const serving = ({ status: { traffic, latestReadyRevisionName } }: z.infer<typeof described>): string => {
  const most = traffic.toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0))[0]
  if (most?.percent === undefined) return ''
  return most.revisionName ?? latestReadyRevisionName ?? ''
}

const previous = (list: z.infer<typeof revisions>, now: string): string => {
  const newestFirst = list.toSorted((a, b) =>
    b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
  )
  const after = newestFirst.slice(newestFirst.findIndex(({ metadata }) => metadata.name === now) + 1)
  const ready = after.find(({ status }) => status.conditions.some((it) => it.type === 'Ready' && it.status === 'True'))
  return ready?.metadata.name ?? ''
}

const answer = async ([question, word = '']: readonly string[]): Promise<string> => {
  const json: unknown = JSON.parse(await text(process.stdin))
  if (question === 'previous') return previous(revisions.parse(json), word)
  const service = described.parse(json)
  switch (question) {
    case 'serving':
      return serving(service)
    case 'host':
      return service.status.url === undefined ? '' : new URL(service.status.url).host
    case 'tagged':
      return service.status.traffic.find(({ tag }) => tag === word)?.url ?? ''
    default:
      throw new Error(`read-service knows no question "${question ?? ''}"`)
  }
}

try {
  process.stdout.write(`${await answer(process.argv.slice(2))}\n`)
} catch (error) {
  process.stderr.write(`read-service: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
