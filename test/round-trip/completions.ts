import type OpenAI from 'openai'
import type { Meaning } from './meaning.ts'

/** A request as a client of OpenAI's old completions writes it. */
export const writeCompletions = (meaning: Meaning): OpenAI.CompletionCreateParams => ({
  model: 'rocket-1',
  prompt: promptOf(meaning),
  ...(meaning.maxTokens !== null && { max_tokens: meaning.maxTokens }),
  ...(meaning.temperature !== null && { temperature: meaning.temperature }),
  ...(meaning.topP !== null && { top_p: meaning.topP }),
  ...(meaning.stop.length > 0 && { stop: meaning.stop }),
})

/** What the user says, as one text. */
export const promptOf = ({ said }: Meaning): string =>
  said.flatMap((piece) => (piece.by === 'user' && 'text' in piece ? [piece.text] : [])).join('\n')

/** What a body of OpenAI's old completions means. */
export const readCompletions = (body: OpenAI.CompletionCreateParams): Meaning => ({
  system: [],
  said: typeof body.prompt === 'string' ? [{ by: 'user', text: body.prompt }] : [],
  tools: [],
  choice: null,
  parallel: null,
  format: null,
  maxTokens: body.max_tokens ?? null,
  temperature: body.temperature ?? null,
  topP: body.top_p ?? null,
  stop: [body.stop ?? []].flat(),
})
