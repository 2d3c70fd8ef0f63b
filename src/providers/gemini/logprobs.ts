import type { AnswerEvent } from '../../contract/chat.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { listOf, objectOf, textOf } from '../shape.ts'

/** `logprobsResult` in OpenAI's shape: a token each, and the candidates for its place. */
export const readLogprobs = (result: JsonObject | null, choice: number): AnswerEvent[] => {
  const chosen = listOf(result?.chosenCandidates)
  if (chosen.length === 0) return []
  const places = listOf(result?.topCandidates)
  const content = chosen.map((value, place) => ({
    ...tokenOf(value),
    top_logprobs: listOf(objectOf(places[place])?.candidates).map(tokenOf),
  }))
  return [{ type: 'logprobs', choice, content }]
}

const tokenOf = (value: Json): JsonObject => {
  const candidate = objectOf(value)
  const token = textOf(candidate?.token)
  const logprob = candidate?.logProbability
  // Zero, the probability 1, is left out on this wire.
  return { token, logprob: typeof logprob === 'number' ? logprob : 0, bytes: [...Buffer.from(token)] }
}
