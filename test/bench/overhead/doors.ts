import { modernCall } from '../../mcp/support/post.ts'
import type { Deed, Door } from './contender.ts'
import { lastWords } from './words.ts'

const model = 'gpt-4.1-mini'
const systemText =
  'You are the assistant of a travel agency. Answer in one short paragraph, name prices in euros, and say so when you do not know.'

/** A question of usual length that nobody asked before: caches and single-flight must not spare anybody the work. */
let asked = 0
const newQuestion = (): string => {
  asked += 1
  return `Request ${asked}: which train from Vienna to Venice leaves after 18:00 on a weekday, how long does it take, and what does the cheapest ticket cost?`
}
const oldQuestion = 'How do I change the name on a ticket that was booked for a group of five travellers?'

const chat = (question: string, fields: object): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: systemText },
      { role: 'user', content: question },
    ],
    ...fields,
  })

/** What OpenAI's clients send. */
export const openAiDoors = (origin: string, headers: Readonly<Record<string, string>> = {}): Record<Deed, Door> => {
  const url = `${origin}/v1/chat/completions`
  const door = (body: () => string): Door => ({
    url,
    request: () => writeRequest(url, { authorization: 'Bearer not-a-key', ...headers }, body()),
    mustHold: lastWords,
  })
  return {
    plain: door(() => chat(newQuestion(), {})),
    stream: door(() => chat(newQuestion(), { stream: true, stream_options: { include_usage: true } })),
    hit: door(() => chat(oldQuestion, {})),
  }
}

/** The same as calls of the tool `unified_completion`, of the 2026-07-28 protocol; `stream` asks for progress. */
export const mcpDoors = (origin: string): Record<Deed, Door> => {
  const url = `${origin}/mcp`
  const door = (question: () => string, meta: object): Door => ({
    url,
    request: () => {
      const args = { prompt: question(), system: systemText, model }
      const { body, headers } = modernCall('unified_completion', args, meta)
      return writeRequest(url, { accept: 'application/json, text/event-stream', ...headers }, body)
    },
    mustHold: lastWords,
  })
  return {
    plain: door(newQuestion, {}),
    stream: door(newQuestion, { progressToken: 1 }),
    hit: door(() => oldQuestion, {}),
  }
}

const writeRequest = (url: string, headers: Readonly<Record<string, string>>, body: string): string => {
  const { host, pathname } = new URL(url)
  const lines = Object.entries({
    host,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
