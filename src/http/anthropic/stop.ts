import type { Finish } from '../../contract/chat.ts'

/** How an answer ended, in Anthropic's words. A refusal says its reason beside the content. */
export const stopOf = (finish: Finish | undefined, refusal: string | null) => {
  const isRefusal = finish?.reason === 'content_filter' || refusal !== null
  return {
    stop_reason: isRefusal ? 'refusal' : reasonOf(finish),
    stop_sequence: finish?.stopSequence ?? null,
    stop_details: isRefusal ? { type: 'refusal', category: null, explanation: refusal } : null,
  }
}

/** What Anthropic says more exactly is kept. Others do not say whether a stop sequence ended it. */
const reasonOf = (finish: Finish | undefined): string => {
  switch (finish?.reason) {
    case 'length':
      return finish.native === 'model_context_window_exceeded' ? finish.native : 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'content_filter':
      return 'refusal'
    case 'stop':
    case undefined:
      return finish?.native === 'stop_sequence' ? finish.native : 'end_turn'
  }
}
