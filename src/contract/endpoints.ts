/** How a reply is read for its usage: by the wire that it belongs to. */
export type ReplyReader = 'chat' | 'completion' | 'responses' | 'messages' | 'generate' | 'embedding' | 'image'

/** A native endpoint that callers may reach through the gateway. */
export interface Endpoint {
  /** Whose rows have it. */
  dialects: readonly string[]
  method: 'GET' | 'POST'
  /** The endpoint after its version (`v1/`, `v1beta/`), which may be left out. The one group is the model, where the path has it. */
  pattern: RegExp
  /** What stands between a row's base URL and the endpoint. */
  prefix: '' | '/v1'
  /**
   * `known`: the model must be one of the catalogue's, or its row takes any. `any`: nobody describes such models here, so
   * that what they cost is unknown. `none`: there is no model, and nothing to pay.
   */
  model: 'known' | 'any' | 'none'
  /** Null: nothing is billed. */
  reader: ReplyReader | null
  /** The same question has the same answer. */
  isDeterministic: boolean
}

const openai = ['openai-chat', 'openai-responses']
const anthropic = ['anthropic']
const gemini = ['gemini']
const modelId = String.raw`([A-Za-z0-9][\w.-]{0,199})`

const post = (endpoint: Omit<Endpoint, 'method' | 'prefix'> & Partial<Pick<Endpoint, 'prefix'>>): Endpoint => ({
  method: 'POST',
  prefix: '',
  ...endpoint,
})
const models = (dialects: readonly string[], prefix: Endpoint['prefix']): Endpoint => ({
  dialects,
  method: 'GET',
  pattern: /^models(?:\/[A-Za-z0-9][\w.:@-]*(?:\/[A-Za-z0-9][\w.:@-]*){0,3})?$/,
  prefix,
  model: 'none',
  reader: null,
  isDeterministic: true,
})
const generate = (method: string, rest: Pick<Endpoint, 'reader' | 'isDeterministic'>): Endpoint =>
  post({ dialects: gemini, pattern: new RegExp(`^models/${modelId}:${method}$`), model: 'known', ...rest })

/**
 * Every endpoint that the passthrough lane has, and no other: files, batches, fine-tuning, assistants and the
 * administration of an account are not for callers who hold no key of their own.
 */
const endpoints: readonly Endpoint[] = [
  post({ dialects: openai, pattern: /^chat\/completions$/, model: 'known', reader: 'chat', isDeterministic: false }),
  post({ dialects: openai, pattern: /^completions$/, model: 'known', reader: 'completion', isDeterministic: false }),
  post({ dialects: openai, pattern: /^responses$/, model: 'known', reader: 'responses', isDeterministic: false }),
  post({ dialects: openai, pattern: /^embeddings$/, model: 'known', reader: 'embedding', isDeterministic: true }),
  post({ dialects: openai, pattern: /^images\/generations$/, model: 'any', reader: 'image', isDeterministic: false }),
  post({ dialects: openai, pattern: /^moderations$/, model: 'none', reader: null, isDeterministic: true }),
  models(openai, ''),
  post({
    dialects: anthropic,
    pattern: /^messages$/,
    prefix: '/v1',
    model: 'known',
    reader: 'messages',
    isDeterministic: false,
  }),
  post({
    dialects: anthropic,
    pattern: /^messages\/count_tokens$/,
    prefix: '/v1',
    model: 'known',
    reader: null,
    isDeterministic: true,
  }),
  models(anthropic, '/v1'),
  generate('generateContent', { reader: 'generate', isDeterministic: false }),
  generate('streamGenerateContent', { reader: 'generate', isDeterministic: false }),
  generate('countTokens', { reader: null, isDeterministic: true }),
  generate('embedContent', { reader: 'embedding', isDeterministic: true }),
  generate('batchEmbedContents', { reader: 'embedding', isDeterministic: true }),
  models(gemini, ''),
]

/** The endpoint without its version, as the table has it. */
export const bareEndpoint = (endpoint: string): string => endpoint.replace(/^v1(?:beta)?\//, '')

/**
 * The rows of the table that an endpoint means, of one dialect or of all. Nothing is decoded, joined or resolved: what is
 * no word of the table means nothing.
 */
export const findEndpoints = (method: string, endpoint: string, dialect?: string): readonly Endpoint[] => {
  const bare = bareEndpoint(endpoint)
  return endpoints.filter(
    (known) =>
      known.method === method &&
      known.pattern.test(bare) &&
      (dialect === undefined || known.dialects.includes(dialect)),
  )
}

/** The model in an endpoint's path; null where it has none there. */
export const modelInPath = ({ method, pattern }: Endpoint, endpoint: string): string | null =>
  method === 'GET' ? null : (pattern.exec(bareEndpoint(endpoint))?.[1] ?? null)
