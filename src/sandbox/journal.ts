import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../contract/json.ts'
import { hashText } from './hash.ts'
import { parseJson } from './read-body.ts'
import { geminiMethodOf, rowOf } from './routes.ts'

/** A request as the sandbox saw it, and what became of it. Later changes are made on the same object. */
export interface SandboxRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** First part of the path, before the wire's own; empty when there is none. */
  readonly row: string
  /** Lower-case names. A secret reads `[secret 1f2e3d4c]`, equal for equal ones. */
  readonly headers: Readonly<Record<string, string>>
  /** Null until it has arrived, and when it is empty or not JSON. */
  readonly body: Json
  /** The body's `model`, or the path's where Google's wire has it; empty where there is none. */
  readonly model: string
  /** The whole request is here. */
  readonly arrived: boolean
  /** Nothing more will be sent. */
  readonly closed: boolean
  /** The caller left before the sandbox was done. */
  readonly closedEarly: boolean
}

type Entry = { -readonly [Key in keyof SandboxRequest]: SandboxRequest[Key] }

/** What the sandbox was asked. */
export interface Journal {
  /** Oldest first. */
  requests: readonly SandboxRequest[]
  open(request: { method?: string | undefined; url?: string | undefined; headers: IncomingHttpHeaders }): Entry
  arrived(entry: Entry, bodyText: string | null): void
  close(entry: Entry, early: boolean): void
  /** Resolves with what `find` finds; it is asked now and whenever a request has arrived or closed. */
  until<Found>(find: (requests: readonly SandboxRequest[]) => Found | undefined): Promise<Found>
}

/** A journal of the last `keep` requests. */
export const createJournal = (keep: number): Journal => {
  const requests: SandboxRequest[] = []
  const watchers = new Set<() => void>()
  const tellWatchers = (): void => {
    for (const look of watchers) look()
  }

  return {
    requests,

    open({ method = '', url = '', headers }) {
      const path = url.split('?')[0] ?? ''
      const entry: Entry = {
        method,
        path,
        row: rowOf(path),
        headers: redact(headers),
        body: null,
        model: '',
        arrived: false,
        closed: false,
        closedEarly: false,
      }
      requests.push(entry)
      if (requests.length > keep) requests.shift()
      return entry
    },

    arrived(entry, bodyText) {
      entry.body = parseJson(bodyText ?? '') ?? null
      entry.model = modelOf(entry.body) || geminiMethodOf(entry.path).model
      entry.arrived = true
      tellWatchers()
    },

    close(entry, early) {
      entry.closed = true
      entry.closedEarly = early
      tellWatchers()
    },

    async until<Found>(find: (requests: readonly SandboxRequest[]) => Found | undefined) {
      const { promise, resolve } = Promise.withResolvers<Found>()
      const look = (): void => {
        const found = find(requests)
        if (found === undefined) return
        watchers.delete(look)
        resolve(found)
      }
      watchers.add(look)
      look()
      return promise
    },
  }
}

const modelOf = (body: Json): string => {
  const model = typeof body === 'object' && body !== null && !Array.isArray(body) ? body['model'] : undefined
  return typeof model === 'string' ? model : ''
}

const secretHeaders = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
])

const redact = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => {
      const text = Array.isArray(value) ? value.join(', ') : value
      if (text === '' || !secretHeaders.has(name)) return [name, text]
      const [, key] = /^bearer +(.+)$/i.exec(text) ?? []
      return [name, key === undefined ? mark(text) : `Bearer ${mark(key)}`]
    }),
  )

/** Stands for a secret: equal for equal ones, so that a reader sees which key came without seeing it. */
export const mark = (secret: string): string => `[secret ${hashText(secret).slice(0, 8)}]`
