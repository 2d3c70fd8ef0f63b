import type { Finish, ReasoningBlock, ToolCall, Usage, Warning } from '../../src/contract/chat.ts'
import { GatewayError } from '../../src/contract/errors.ts'
import type { Dialect, UpstreamCall, UpstreamEvent } from '../../src/contract/provider.ts'

export interface FoldedChoice {
  text: string
  refusal: string
  reasoning: ReasoningBlock[]
  toolCalls: ToolCall[]
  logprobs: unknown[]
  finish: Finish | null
}

export interface Folded {
  model: string | null
  responseId: string | null
  choices: FoldedChoice[]
  usage: Usage | null
  warnings: Warning[]
}

export const readAll = (
  dialect: Dialect,
  call: UpstreamCall,
  signal = AbortSignal.timeout(15_000),
): Promise<UpstreamEvent[]> => Array.fromAsync(dialect.chat(call, signal))

export const ask = async (dialect: Dialect, call: UpstreamCall): Promise<Folded> => fold(await readAll(dialect, call))

/** The error that a call ends with. */
export const failureOf = async (call: Promise<unknown>): Promise<GatewayError> => {
  try {
    await call
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('The call was expected to fail.')
}

/** Events put together, and their order checked: identity first, no answer after a finish, one finish a choice. */
export const fold = (events: readonly UpstreamEvent[]): Folded => {
  const folded: Folded = { model: null, responseId: null, choices: [], usage: null, warnings: [] }
  if (events[0]?.type !== 'identity') throw new Error(`The first event is ${events[0]?.type}, not the identity.`)
  for (const event of events) {
    switch (event.type) {
      case 'identity':
        folded.model = event.model
        folded.responseId = event.responseId
        break
      case 'partial-usage':
        break
      case 'usage':
        folded.usage = event.usage
        break
      case 'warning':
        folded.warnings.push(event.warning)
        break
      default: {
        const choice = (folded.choices[event.choice] ??= {
          text: '',
          refusal: '',
          reasoning: [],
          toolCalls: [],
          logprobs: [],
          finish: null,
        })
        if (choice.finish) throw new Error(`A ${event.type} event came after the finish.`)
        addTo(choice, event)
      }
    }
  }
  return folded
}

type ChoiceEvent = Exclude<UpstreamEvent, { type: 'identity' | 'usage' | 'partial-usage' | 'warning' }>

const addTo = (choice: FoldedChoice, event: ChoiceEvent): void => {
  switch (event.type) {
    case 'text':
      choice.text += event.text
      break
    case 'refusal':
      choice.refusal += event.text
      break
    case 'reasoning': {
      const block = (choice.reasoning[event.block] ??= { kind: 'text', text: '' })
      if (block.kind !== 'text') throw new Error('Text came for a redacted block.')
      block.text += event.text
      break
    }
    case 'reasoning-signature': {
      const block = (choice.reasoning[event.block] ??= { kind: 'text', text: '' })
      if (block.kind !== 'text') throw new Error('A signature came for a redacted block.')
      block.signature = event.signature
      break
    }
    case 'reasoning-redacted':
      if (choice.reasoning[event.block]) throw new Error('A redacted block came twice.')
      choice.reasoning[event.block] = { kind: 'redacted', data: event.data }
      break
    case 'tool-call':
      if (choice.toolCalls[event.index]) throw new Error('A tool call began twice.')
      choice.toolCalls[event.index] = { id: event.id, name: event.name, argumentsJson: '', extra: event.extra }
      break
    case 'tool-arguments': {
      const call = choice.toolCalls[event.index]
      if (!call) throw new Error('Arguments came before their call.')
      call.argumentsJson += event.text
      break
    }
    case 'logprobs':
      choice.logprobs.push(event.content)
      break
    case 'finish':
      choice.finish = { choice: event.choice, reason: event.reason, native: event.native }
      break
  }
}
