import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import type { JsonObject } from '../../src/contract/json.ts'

export type Wire = 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini'

/** One recorded reply of a real provider. */
export interface Recording {
  name: string
  wire: Wire
  status: number
  isStream: boolean
  body: string
  /** The JSON in it, in order: the document, or each event's. */
  payloads: JsonObject[]
}

export const recordingsFolder = path.resolve(import.meta.dirname, '../../../shared/data/provider-recordings')

export const hasRecordings = existsSync(recordingsFolder)

/**
 * Every recording of the four wires in a folder: replies of other APIs (embeddings, audio, files) are left out. Each of
 * the three collections may be missing.
 */
export const loadRecordings = (folder = recordingsFolder): Recording[] => [
  ...readVercel(path.join(folder, 'vercel-ai')),
  ...readCassettes(path.join(folder, 'pydantic-ai')),
  ...readCassettes(path.join(folder, 'envoy-ai-gateway')),
]

const filesOf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

const chatFiles =
  /^(anthropic__anthropic-|google__google-|deepseek__chat__|groq__groq-(reasoning|tool-call)|mistral__|xai__xai-|openai__chat__|openai-compatible__chat__)/

/** Two lines of one file's stream are no JSON: it is written by hand. */
const responsesFiles = /^(openai|xai)__responses__(?!parallel-tool-call-wrapper\.1\.chunks)/

const wireOfFile = (file: string): Wire | null => {
  if (responsesFiles.test(file)) return 'openai-responses'
  if (!chatFiles.test(file)) return null
  if (file.startsWith('google__')) return 'gemini'
  return file.startsWith('anthropic__') ? 'anthropic' : 'openai-chat'
}

const readVercel = (from: string): Recording[] =>
  filesOf(from).flatMap((file): Recording[] => {
    const wire = wireOfFile(file)
    if (!wire) return []
    const text = readFileSync(path.join(from, file), 'utf8')
    if (file.endsWith('.json')) {
      const payload: JsonObject = JSON.parse(text)
      return [{ name: file, wire, status: payload.error ? 400 : 200, isStream: false, body: text, payloads: [payload] }]
    }
    if (file.endsWith('.sse'))
      return [{ name: file, wire, status: 200, isStream: true, body: text, payloads: payloadsOf(text) }]
    return streamsOf(text).map((lines, index) => {
      const end = wire === 'openai-chat' ? 'data: [DONE]\n\n' : ''
      const body = lines.map((line) => `data: ${line}\n\n`).join('') + end
      return { name: `${file}#${index}`, wire, status: 200, isStream: true, body, payloads: payloadsOf(body) }
    })
  })

/** The events of each stream in a file: some hold the turns of a whole conversation. */
const streamsOf = (text: string): string[][] => {
  const streams: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    if (/"type":"(message_start|response\.created)"/.test(line) && streams.at(-1)?.length) streams.push([])
    streams.at(-1)?.push(line)
  }
  return streams
}

interface Cassette {
  interactions?: {
    /** Absent from the recordings of sockets. */
    request?: { uri?: string; url?: string }
    response?: {
      status?: { code: number }
      code?: number
      body?: string | { string: string }
      parsed_body?: JsonObject
    }
  }[]
}

const readCassettes = (from: string): Recording[] =>
  filesOf(from)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => {
      const cassette: Cassette = parse(readFileSync(path.join(from, file), 'utf8'))
      return (cassette.interactions ?? []).flatMap(({ request, response }, index) => {
        const wire = wireOf(request?.uri ?? request?.url ?? '')
        if (!wire || !response) return []
        const raw = typeof response.body === 'string' ? response.body : response.body?.string
        const body = response.parsed_body ? JSON.stringify(response.parsed_body) : (raw ?? '')
        const isStream = /^\s*(data|event|:)/.test(body)
        const status = response.status?.code ?? response.code ?? 200
        const payloads = isStream ? payloadsOf(body) : [JSON.parse(body)]
        // A response that is made in the background is fetched later.
        if (payloads[0]?.status === 'queued') return []
        return [{ name: `${file}#${index}`, wire, status, isStream, body, payloads }]
      })
    })

const wireOf = (url: string): Wire | null => {
  if (/\/chat\/completions/.test(url)) return 'openai-chat'
  if (/:(streamG|g)enerateContent(\?|$)/.test(url)) return 'gemini'
  if (/\/responses(\?|$)/.test(url)) return 'openai-responses'
  return /\/v1\/messages(\?|$)/.test(url) ? 'anthropic' : null
}

/** The JSON of each `data:` line; these recordings never split one over lines. */
export const payloadsOf = (body: string): JsonObject[] =>
  body.split(/\r?\n/).flatMap((line) => {
    const data = line.startsWith('data:') ? line.slice(5).trim() : ''
    return data === '' || data === '[DONE]' ? [] : [JSON.parse(data)]
  })
