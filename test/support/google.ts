import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { crc32c } from '../../src/lib/crc32c.ts'

/** What the stand-in says when a version is asked for. */
type Version =
  | { kind: 'text'; text: string; checksum?: string }
  | { kind: 'error'; code: number; status: string; httpStatus: number }
  /** It takes the question and never answers. */
  | { kind: 'silence' }

/** Google as a gateway on Cloud Run sees it: the metadata server that lends credentials, and Secret Manager over REST. */
export interface Google extends AsyncDisposable {
  url: string
  /** `NAME@VERSION` → what is there; anything else is not found. */
  secrets: Map<string, Version>
  /** Paths of the secrets that were asked for, in order. */
  asked: string[]
  /** Bodies of what was written by the Logging API (entries.write of v2), in order. */
  written: WrittenEntries[]
  /** What the Logging API does with them. @default takes them */
  logging: 'takes' | 'refuses' | 'silence'
}

/** As the Logging API gets it: google.logging.v2.WriteLogEntriesRequest in JSON. */
export interface WrittenEntries {
  logName: string
  resource: { type: string; labels: Record<string, string> }
  entries: (Record<string, unknown> & { jsonPayload: Record<string, unknown> })[]
}

/**
 * What Google's own libraries find the metadata server by. Without a PATH they do not ask an installed gcloud for its
 * project first.
 */
const surroundings = (url: string) => ({
  GCE_METADATA_HOST: new URL(url).host,
  METADATA_SERVER_DETECTION: 'assume-present',
  PATH: '',
})

/** Lets this process run on that Google until the returned function is called. */
export const runOnGoogle = ({ url }: Pick<Google, 'url'>): (() => void) => {
  const before = { ...process.env }
  Object.assign(process.env, surroundings(url))
  return () => {
    for (const name of Object.keys(surroundings(url)))
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
  }
}

export const startGoogle = async (): Promise<Google> => {
  const secrets = new Map<string, Version>()
  const asked: string[] = []
  const written: WrittenEntries[] = []

  const answerSecret = (path: string, req: IncomingMessage, res: ServerResponse): void => {
    asked.push(path)
    if (req.headers.authorization !== 'Bearer lent-token') return sendError(res, 401, 16, 'UNAUTHENTICATED')
    const [, name, version] = /\/secrets\/([^/]+)\/versions\/([^/:]+):access$/.exec(path) ?? []
    const found = secrets.get(`${name}@${version}`)
    if (!found) return sendError(res, 404, 5, 'NOT_FOUND')
    if (found.kind === 'silence') return
    if (found.kind === 'error') return sendError(res, found.httpStatus, found.code, found.status)
    const bytes = Buffer.from(found.text)
    sendJson(res, 200, {
      name: `projects/123456/secrets/${name}/versions/7`,
      payload: { data: bytes.toString('base64'), dataCrc32c: found.checksum ?? String(crc32c(bytes)) },
    })
  }

  const takeEntries = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = JSON.parse(await text(req))
    if (google.logging === 'silence') return
    if (req.headers.authorization !== 'Bearer lent-token') return sendError(res, 401, 16, 'UNAUTHENTICATED')
    if (google.logging === 'refuses') return sendError(res, 503, 14, 'UNAVAILABLE')
    written.push(body)
    sendJson(res, 200, {})
  }

  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://google')
    if (pathname === '/v2/entries:write') return void takeEntries(req, res)
    if (pathname.startsWith('/v1/')) return answerSecret(pathname, req, res)
    res.setHeader('metadata-flavor', 'Google')
    if (pathname.endsWith('/project/project-id')) return void res.end('own-project')
    if (pathname.endsWith('/instance/region')) return void res.end('projects/123456/regions/europe-west1')
    if (pathname.endsWith('/token')) return sendJson(res, 200, { access_token: 'lent-token', expires_in: 3600 })
    if (pathname.endsWith('/universe-domain') || pathname.endsWith('/universe/universe-domain'))
      return void res.end('googleapis.com')
    return void res.end('')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const google: Google = {
    url: `http://127.0.0.1:${port}`,
    secrets,
    asked,
    written,
    logging: 'takes',
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return google
}

const sendJson = (res: ServerResponse, status: number, body: object): void => {
  res.writeHead(status, { 'content-type': 'application/json' })
  res.end(JSON.stringify(body))
}

const sendError = (res: ServerResponse, httpStatus: number, code: number, status: string): void =>
  sendJson(res, httpStatus, { error: { code: httpStatus, status, message: `code ${code}`, details: [] } })
