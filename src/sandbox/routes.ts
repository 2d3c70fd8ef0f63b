import { Refused } from './wire.ts'

/** Any prefix may stand before a version, so that one sandbox serves under every provider's name. */
const endpoint = /^(?<prefix>.*?)\/v1\/(?<name>chat\/completions|responses|messages|embeddings|models)$/
const geminiMethod =
  /^(?<prefix>.*?)\/v1(?:beta1?)?\/(?:.*\/)?models\/(?<model>[^/:]+):(?<name>generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$/
const geminiModels = /^(?<prefix>.*?)\/v1beta\/(?<name>models)$/

const groupsOf = (path: string): Partial<Record<string, string>> | undefined =>
  [endpoint, geminiMethod, geminiModels].map((pattern) => pattern.exec(path)).find((found) => found !== null)?.groups

/**
 * What a request wants.
 * @throws Refused with 404 or 405
 */
export const findRoute = (method: string, path: string): 'answer' | 'embed' | 'list-models' => {
  const name = groupsOf(path)?.['name']
  if (name === undefined) throw new Refused({ status: 404, message: `Unknown request URL: ${method} ${path}.` })
  const expected = name === 'models' ? 'GET' : 'POST'
  if (method !== expected) {
    throw new Refused({ status: 405, message: `Use ${expected} for ${path}.`, headers: { allow: expected } })
  }
  if (name === 'models') return 'list-models'
  return /embed/i.test(name) ? 'embed' : 'answer'
}

/** Which format a request speaks: its endpoint says, and where several have it, the header that only one sends. */
export const formatOf = (
  path: string,
  headers: Readonly<Record<string, string>>,
): 'openai' | 'responses' | 'anthropic' | 'gemini' => {
  const name = groupsOf(path)?.['name']
  if (name === 'messages') return 'anthropic'
  if (name === 'responses') return 'responses'
  if (name === 'chat/completions' || name === 'embeddings') return 'openai'
  if (geminiMethod.test(path) || geminiModels.test(path) || headers['x-goog-api-key'] !== undefined) return 'gemini'
  return headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
}

/** The first part of a path before its endpoint: `/groq/openai/v1/models` → `groq`. */
export const rowOf = (path: string): string => groupsOf(path)?.['prefix']?.split('/')[1] ?? ''

/** The model and the method that a path of Google's names; empty where it names none. */
export const geminiMethodOf = (path: string): { model: string; method: string } => {
  const { model = '', name = '' } = geminiMethod.exec(path)?.groups ?? {}
  try {
    return { model: decodeURIComponent(model), method: name }
  } catch {
    return { model, method: name }
  }
}
