import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import { z } from 'zod'

/**
 * Answers one question about a service that `gcloud run services describe --format=json` describes on standard input:
 *
 *     read-service.ts serving          the revision that has the most traffic
 *     read-service.ts url              URL of the service
 *     read-service.ts host             host name in it
 *     read-service.ts tagged TAG       URL of the revision with that tag
 *     read-service.ts removed FILE     what it has and the service of that file (YAML) has not, one a line
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

const serving = ({ status: { traffic, latestReadyRevisionName } }: z.infer<typeof described>): string => {
  const most = traffic.toSorted((a, b) => (b.percent ?? 0) - (a.percent ?? 0))[0]
  if (most?.percent === undefined) return ''
  return most.revisionName ?? latestReadyRevisionName ?? ''
}

const entries = z.record(z.string(), z.unknown()).default({})
const kept = z.object({
  metadata: z.object({ annotations: entries }),
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: entries }),
      spec: z.object({
        containers: z.array(
          z.object({ name: z.string().optional(), env: z.array(z.object({ name: z.string() })).default([]) }),
        ),
      }),
    }),
  }),
})

/** What deploy.sh sets by its flags; Google and gcloud add further annotations of their own. */
const ours = /cloudsql-instances|network-interfaces|vpc-access-egress|iap-enabled/

/** Variables, databases, networks and guards by name. */
const namesIn = (service: unknown): string[] => {
  const { metadata, spec } = kept.parse(service)
  const annotations = [metadata, spec.template.metadata].flatMap((it) => Object.keys(it.annotations))
  const variables = spec.template.spec.containers.flatMap(({ env }) => env.map(({ name }) => name))
  return [...annotations.filter((name) => ours.test(name)), ...variables]
}

const removed = (service: unknown, file: string): string => {
  const staying = new Set(namesIn(parse(readFileSync(file, 'utf8'))))
  return namesIn(service)
    .filter((name) => !staying.has(name))
    .join('\n')
}

const answer = async ([question, word = '']: readonly string[]): Promise<string> => {
  const json: unknown = JSON.parse(await text(process.stdin))
  if (question === 'removed') return removed(json, word)
  const service = described.parse(json)
  switch (question) {
    case 'serving':
      return serving(service)
    case 'url':
      return service.status.url ?? ''
    case 'host':
      return service.status.url === undefined ? '' : new URL(service.status.url).hostname
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
