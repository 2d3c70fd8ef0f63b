import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { runbookPage } from './runbook-page.ts'

/**
 * Puts what lies in deploy/monitoring to Cloud Monitoring and Cloud Logging: made where it is not there, brought up to date where it
 * is. Each thing is found again by its name, or by the label `ai-gateway` where Google gives the name. The token comes on
 * standard input; deploy/monitoring/apply.sh brings it.
 */

const { values } = parseArgs({
  options: {
    project: { type: 'string', default: '' },
    folder: { type: 'string', default: '' },
    set: { type: 'string', multiple: true, default: [] },
    channel: { type: 'string', multiple: true, default: [] },
    'dry-run': { type: 'boolean', default: false },
  },
})
const { project, folder } = values
const isDry = values['dry-run']

/** The words of gcloud for the same: tests, and those behind a private endpoint, set them. */
const monitoring = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING'] ?? 'https://monitoring.googleapis.com/'
const logging = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING'] ?? 'https://logging.googleapis.com/'

type Resource = Record<string, unknown>
const resource = z.record(z.string(), z.unknown())
const labelled = z.looseObject({ name: z.string(), userLabels: z.record(z.string(), z.string()).default({}) })
const refusal = z.object({ error: z.object({ message: z.string() }) })

const placeholders = new Map(
  values.set.map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  }),
)

/** A file with its `${NAMES}` filled in. `${__interval}` and `${metric.…}` are Cloud Monitoring's own. */
const read = (file: string): Resource =>
  resource.parse(
    JSON.parse(
      readFileSync(path.join(folder, file), 'utf8').replaceAll(/\$\{([A-Z_]+)\}/g, (_whole, name: string) => {
        const value = placeholders.get(name)
        if (value === undefined) throw new Error(`${file}: nobody says what ${name} is`)
        return JSON.stringify(value).slice(1, -1)
      }),
    ),
  )

const token = isDry ? '' : (await text(process.stdin)).trim()

/** @returns null for what is not there */
const call = async (method: string, url: URL, body?: Resource): Promise<Resource | null> => {
  if (isDry) {
    process.stdout.write(`  ${method} ${url.href}\n`)
    return null
  }
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
  if (response.status === 404 && method === 'GET') return null
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return resource.parse(answer)
  const said = refusal.safeParse(answer).data?.error.message ?? 'no reason is given'
  throw new Error(`${method} ${url.pathname}: ${response.status}: ${said}`)
}

const say = (what: string, isNew: boolean): void => void process.stdout.write(`${isNew ? '+' : '='} ${what}\n`)

/** Something with a name of ours: `parent/collection/id`. */
const put = async (what: string, base: string, name: string, create: string, body: Resource): Promise<void> => {
  const held = await call('GET', new URL(name, base))
  // The etag says which state this replaces; Google refuses where it is another by now.
  if (held === null) await call('POST', new URL(create, base), body)
  else await call('PATCH', new URL(name, base), held['etag'] === undefined ? body : { ...body, etag: held['etag'] })
  say(what, held === null)
}

/** Everything of a collection that carries our label, by it. */
const listOurs = async (collection: string): Promise<Map<string, z.infer<typeof labelled>>> => {
  const ours = new Map<string, z.infer<typeof labelled>>()
  for (let page: string | null = ''; page !== null;) {
    const url = new URL(`v3/projects/${project}/${collection}?pageSize=100`, monitoring)
    if (page !== '') url.searchParams.set('pageToken', page)
    const answer: Resource = (await call('GET', url)) ?? {}
    for (const entry of z.array(labelled).parse(answer[collection] ?? [])) {
      const label = entry.userLabels['ai-gateway']
      if (label !== undefined) ours.set(label, entry)
    }
    const next = answer['nextPageToken']
    page = typeof next === 'string' && next !== '' ? next : null
  }
  return ours
}

const labelOf = (body: Resource): string => labelled.partial({ name: true }).parse(body).userLabels['ai-gateway'] ?? ''

/** Things to which Google gives the name. */
const putLabelled = async (
  collection: string,
  files: readonly string[],
  bodyOf: (file: string) => Resource,
  keep: (held: Resource) => Resource,
): Promise<void> => {
  const ours = await listOurs(collection)
  for (const file of files) {
    const body = bodyOf(file)
    const held = ours.get(labelOf(body))
    if (held === undefined)
      await call('POST', new URL(`v3/projects/${project}/${collection}`, monitoring), { ...body, ...keep({}) })
    else await call('PATCH', new URL(`v3/${held.name}`, monitoring), { ...body, ...keep(held), name: held.name })
    say(file, held === undefined)
  }
}

/** Whom an alert tells: those named now, else those whom somebody set by hand. */
const channels = (held: Resource): Resource => ({
  notificationChannels: values.channel.length > 0 ? values.channel : (held['notificationChannels'] ?? []),
})

const documented = z.looseObject({
  documentation: z.looseObject({ content: z.string(), links: z.array(z.looseObject({ url: z.string() })) }),
})

/** An alert with its page of the runbook, for who is woken; and a link where there is something to link to. */
const withRunbook = (body: Resource): Resource => {
  const { documentation, ...rest } = documented.parse(body)
  const { links, content, ...others } = documentation
  const heading = links[0]?.url.split('#')[1] ?? ''
  const page = runbookPage(readFileSync(path.join(folder, '../../docs/runbook.md'), 'utf8'), heading)
  if (page === null) throw new Error(`docs/runbook.md has no page #${heading}`)
  const whole = { ...others, content: `${content}\n\n${page}` }
  return { ...rest, documentation: placeholders.get('RUNBOOK') === '' ? whole : { ...whole, links } }
}

const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: folder }).toSorted()
const idOf = (file: string): string => path.basename(file, '.json')

const main = async (): Promise<void> => {
  const service = `v3/projects/${project}/services/ai-gateway-${placeholders.get('SERVICE') ?? ''}`
  await put(
    'service.json',
    monitoring,
    service,
    `v3/projects/${project}/services?serviceId=${path.basename(service)}`,
    read('service.json'),
  )
  for (const file of filesOf('slos/*.json')) {
    const collection = `${service}/serviceLevelObjectives`
    const create = `${collection}?serviceLevelObjectiveId=${idOf(file)}`
    await put(file, monitoring, `${collection}/${idOf(file)}`, create, read(file))
  }
  await putLabelled('uptimeCheckConfigs', ['uptime.json'], read, () => ({}))
  for (const file of filesOf('log-metrics/*.json')) {
    const body = read(file)
    // Logging's own "make or replace".
    await call('PUT', new URL(`v2/projects/${project}/metrics/${String(body['name'])}`, logging), body)
    say(file, false)
  }
  for (const file of filesOf('dashboards/*.json')) {
    const body = read(file)
    await put(file, monitoring, `v1/${String(body['name'])}`, `v1/projects/${project}/dashboards`, body)
  }
  await putLabelled('alertPolicies', filesOf('alerts/*.json'), (file) => withRunbook(read(file)), channels)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`apply-monitoring: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
