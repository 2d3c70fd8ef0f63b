import { createServer } from 'node:http'
import { once } from 'node:events'
import { protoFaults } from './proto-walk.ts'
import type { MessageName } from './proto-walk.ts'
import type { Loose } from './loose.ts'

interface Seen {
  method: string
  path: string
}

/** Cloud Monitoring and Cloud Logging, as far as apply-monitoring.ts speaks to them: they keep what they are given, and refuse what is no message of theirs. */
export interface GoogleApis extends AsyncDisposable {
  url: string
  seen: Seen[]
  /** By name. */
  kept: Map<string, Loose>
  /** What was refused. */
  faults: string[]
}

const kinds: readonly [RegExp, MessageName][] = [
  [/\/dashboards(\/|$)/, 'Dashboard'],
  [/\/alertPolicies(\/|$)/, 'AlertPolicy'],
  [/\/uptimeCheckConfigs(\/|$)/, 'UptimeCheckConfig'],
  [/\/serviceLevelObjectives(\/|$)/, 'ServiceLevelObjective'],
  [/\/services(\/|$)/, 'Service'],
  [/\/metrics(\/|$)/, 'LogMetric'],
]

export const serveGoogleApis = async (): Promise<GoogleApis> => {
  const seen: Seen[] = []
  const kept = new Map<string, Loose>()
  const faults: string[] = []

  const handle = (method: string, url: URL, authorized: boolean, text: string): [number, unknown] => {
    const path = url.pathname.replace(/^\/v\d\//, '')
    seen.push({ method, path })
    if (!authorized) return [401, { error: { message: 'no token' } }]
    const kind = kinds.find(([pattern]) => pattern.test(path))?.[1]
    if (kind === undefined) return [404, { error: { message: `no such method: ${path}` } }]
    if (method === 'GET') {
      const collection = path.split('/').at(-1) ?? ''
      if (kept.has(path)) return [200, kept.get(path)]
      if (collection !== 'alertPolicies' && collection !== 'uptimeCheckConfigs')
        return [404, { error: { message: 'not found' } }]
      // Pages of three, so that what follows is asked for.
      const all = [...kept.values()].filter(({ name }) => name.includes(`/${collection}/`))
      const from = Number(url.searchParams.get('pageToken') ?? 0)
      const rest = from + 3 < all.length ? { nextPageToken: String(from + 3) } : {}
      return [200, { [collection]: all.slice(from, from + 3), ...rest }]
    }
    const body = JSON.parse(text)
    const wrong = protoFaults(kind, body)
    if (wrong.length > 0) {
      faults.push(...wrong)
      return [400, { error: { message: wrong.join('; ') } }]
    }
    const name = method === 'POST' ? nameOf(path, url, body, kept.size) : path
    if (method === 'PATCH' && !kept.has(name)) return [404, { error: { message: 'not found' } }]
    kept.set(name, { ...body, name, ...(kind === 'Dashboard' && { etag: `etag-${seen.length}` }) })
    return [200, kept.get(name)]
  }

  const server = createServer((req, res) => {
    let text = ''
    req.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    req.on('end', () => {
      const authorized = req.headers.authorization === 'Bearer a-token'
      const [status, answer] = handle(req.method ?? '', new URL(req.url ?? '', 'http://google'), authorized, text)
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    seen,
    kept,
    faults,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Dashboards and things with an id asked for have the name that they are given; of the others Google makes one up. */
const nameOf = (path: string, url: URL, body: Loose, count: number): string => {
  const id = url.searchParams.get('serviceId') ?? url.searchParams.get('serviceLevelObjectiveId')
  if (id !== null) return `${path}/${id}`
  return path.endsWith('/dashboards') ? body.name : `${path}/${1000 + count}`
}
