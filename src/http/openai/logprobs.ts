import type { Json, JsonObject } from '../../contract/json.ts'

interface TokenLogprob {
  token: string
  logprob: number
  /** Of the token's UTF-8, as far as the provider tells. */
  bytes: Json[]
}

/** A token of the answer, and the others that might have stood in its place. */
export interface Logprob extends TokenLogprob {
  top_logprobs: TokenLogprob[]
}

/** The log probabilities that a provider gave, in the shape of the Responses wire: every field is there. */
export const logprobsOf = (content: Json | undefined): Logprob[] =>
  objectsIn(content).map((entry) => ({
    ...tokenOf(entry),
    top_logprobs: objectsIn(entry['top_logprobs']).map(tokenOf),
  }))

const tokenOf = ({ token, logprob, bytes }: JsonObject): TokenLogprob => ({
  token: typeof token === 'string' ? token : '',
  logprob: typeof logprob === 'number' ? logprob : 0,
  bytes: Array.isArray(bytes) ? bytes : [],
})

const objectsIn = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value)
    ? value.filter((entry): entry is JsonObject => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    : []
