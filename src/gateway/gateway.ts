import type { Caller, Credential } from '../contract/caller.ts'
import type { ChatRequest } from '../contract/chat.ts'
import type { Answer, GatewayEvent, RequestContext } from '../contract/journey.ts'
import type { Plan } from '../contract/plan.ts'

/** The core's public side: the only things a face can do. */
export interface Gateway {
  /**
   * Who shows this credential. Faces ask before they read a body.
   * @throws GatewayError missing_api_key, invalid_api_key
   */
  authenticate(credential: Credential): Promise<Caller>
  /**
   * Answers a request as a stream: `start` at the first token, then the answer, then `end` once the ledger has it.
   * Nothing happens before the first `next()`; leaving the loop cancels the call.
   * @throws GatewayError before `start` as a refusal, after it as a broken answer
   */
  complete(request: ChatRequest, context: RequestContext): AsyncGenerator<GatewayEvent, void>
  /**
   * Answers a request in one piece: a stream that was waited for.
   * @throws GatewayError as `complete`
   */
  collect(request: ChatRequest, context: RequestContext): Promise<Answer>
  /**
   * A dry run of classify and route: nothing is called, spent or recorded.
   * @throws GatewayError no_eligible_model, model_not_found, model_retired, …
   */
  explain(request: ChatRequest): Promise<Plan>
}
