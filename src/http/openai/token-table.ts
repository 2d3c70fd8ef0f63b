import type { Json } from '../../contract/json.ts'
import { logprobsOf } from './logprobs.ts'

/** Log probabilities as the old completions wire has them: columns, not tokens. */
export interface TokenTable {
  tokens: string[]
  token_logprobs: number[]
  top_logprobs: Record<string, number>[]
  /** Where each token begins in the answer, in characters. */
  text_offset: number[]
}

/** Reads one choice's log probabilities, in one piece or in several. */
export const createTokenTable = () => {
  let offset = 0
  return {
    read(content: Json): TokenTable {
      const table: TokenTable = { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] }
      for (const { token, logprob, top_logprobs: others } of logprobsOf(content)) {
        table.tokens.push(token)
        table.token_logprobs.push(logprob)
        table.top_logprobs.push(Object.fromEntries(others.map((other) => [other.token, other.logprob])))
        table.text_offset.push(offset)
        offset += token.length
      }
      return table
    },
  }
}
