import type { ChatRequest } from '../contract/chat.ts'
import type { PassthroughRequest } from '../contract/passthrough.ts'
import type { Candidate } from '../contract/plan.ts'

/** Tokens that a try is claimed to use before it has: what it really used takes their place at its end. */
export type TokensOf<Request> = (candidate: Candidate, request: Request) => number

/** As much as the request lets each of its answers be; where it says nothing, what its task usually takes. */
export const chatTokens: TokensOf<ChatRequest> = ({ forecast }, { maxOutputTokens, n = 1 }) =>
  forecast.inputTokens + n * Math.min(maxOutputTokens ?? forecast.outputTokens, forecast.maxOutputTokens)

/** What an answer is taken to be long that nothing bounds. */
const unboundedTokens = 1_000

/** What the payload bounds the answer to: all that the model can write says nothing. */
export const passthroughTokens: TokensOf<PassthroughRequest> = ({ card, forecast }) =>
  forecast.inputTokens +
  (forecast.maxOutputTokens < card.maxOutputTokens
    ? forecast.maxOutputTokens
    : Math.min(unboundedTokens, forecast.maxOutputTokens))
