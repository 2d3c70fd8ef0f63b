import type { GatewayError } from '../../../contract/errors.ts'
import type { Served } from '../../../contract/journey.ts'
import type { ResponseEcho } from '../../../contract/responses-request.ts'
import { errorBody } from '../../error.ts'
import { gatewayObject } from '../../gateway-object.ts'
import type { Frames } from '../../inbound.ts'
import { endStatus, idsOf, responseObject, stateOf } from './object.ts'
import type { ResponseState } from './object.ts'
import type { ItemEvent } from './open-item.ts'
import { createOutput } from './output.ts'

/** A failure: flat as OpenAI documents it, and within `error` as its clients raise it. */
export const errorFrame = (error: GatewayError, requestId: string, sequenceNumber: number): string => {
  const body = errorBody(error, requestId)
  const { message, param, code } = body.error
  return frame({ type: 'error', code, message, param, ...body }, sequenceNumber)
}

const frame = ({ type, ...fields }: ItemEvent, sequenceNumber: number): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequenceNumber, ...fields })}\n\n`

/**
 * Writes a journey's events as OpenAI's Responses stream. What ends it waits for the ledger and carries `gateway`; a
 * failure is an `error`, which clients raise, and a failed response with all that was said, which others look for.
 */
export const createResponseEvents = (
  served: Served,
  { createdS, echo }: { createdS: number; echo: ResponseEcho },
): Frames => {
  const { requestId, model } = served
  const head = { requestId, model, createdS, echo }
  const output = createOutput(idsOf(requestId).item)
  let sequenceNumber = 0

  const frames = (events: readonly ItemEvent[]): string =>
    events.map((event) => frame(event, sequenceNumber++)).join('')
  const response = (state: ResponseState) => responseObject(head, output.show(), state)

  return {
    open: () =>
      frames([
        { type: 'response.created', response: response({ status: 'in_progress' }) },
        { type: 'response.in_progress', response: response({ status: 'in_progress' }) },
      ]),
    write: (event) => frames(output.write(event)),
    end(end) {
      const reason = end.finishes[0]?.reason ?? 'stop'
      const closed = frames(output.close(endStatus(reason)))
      const state = stateOf(reason, end)
      const whole = { ...response(state), gateway: gatewayObject({ served, ...end }) }
      return closed + frames([{ type: `response.${state.status}`, response: whole }])
    },
    fail(error) {
      const failed = response({ status: 'failed', message: error.message, isRateLimit: error.status === 429 })
      const said = errorFrame(error, requestId, sequenceNumber++)
      return said + frames([{ type: 'response.failed', response: failed }])
    },
  }
}
