import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import { responses } from './responses.ts'
import { Refused, type Wire } from './wire.ts'

const endpoint = /^(?<prefix>.*?)\/v1\/(?<name>chat\/completions|responses|messages|models)$/

/**
 * What a request wants. Any prefix may stand before `/v1/…`, so that one sandbox serves under every provider's name.
 * @throws Refused with 404 or 405
 */
export const findRoute = (method: string, path: string): 'answer' | 'list-models' => {
  const name = endpoint.exec(path)?.groups?.['name']
  if (name === undefined) throw new Refused({ status: 404, message: `Unknown request URL: ${method} ${path}.` })
  const expected = name === 'models' ? 'GET' : 'POST'
  if (method !== expected) {
    throw new Refused({ status: 405, message: `Use ${expected} for ${path}.`, headers: { allow: expected } })
  }
  return name === 'models' ? 'list-models' : 'answer'
}

/** Which format a request speaks: its endpoint says, and where both formats have it, the header that only one sends. */
export const wireOf = (path: string, headers: Readonly<Record<string, string>>): Wire => {
  const name = endpoint.exec(path)?.groups?.['name']
  if (name === 'messages') return anthropic
  if (name === 'responses') return responses
  return name !== 'chat/completions' && headers['anthropic-version'] !== undefined ? anthropic : openai
}

/** The first part of a path before its endpoint: `/groq/openai/v1/models` → `groq`. */
export const rowOf = (path: string): string => endpoint.exec(path)?.groups?.['prefix']?.split('/')[1] ?? ''
