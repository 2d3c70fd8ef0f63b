import type { AnswerEvent, Finish, ReasoningBlock, ToolCall } from '../contract/chat.ts'
import type { VectorsEvent } from '../contract/embedding.ts'
import type { Answer, AnswerChoice, EmbeddingAnswer, GatewayEvent, JourneyEvent, Served } from '../contract/journey.ts'
import { GatewayError } from '../contract/errors.ts'

/** Folds a stream into one answer: a plain reply is a stream that was waited for. */
export const collect = async (events: AsyncIterable<GatewayEvent>): Promise<Answer> => {
  const folds = new Map<number, ChoiceFold>()
  let served: Served | null = null

  for await (const event of events) {
    switch (event.type) {
      case 'start':
        served = event.served
        break
      case 'end': {
        if (!served) throw new GatewayError('internal', 'The gateway failed to answer this request.')
        const { usage, warnings, receipt, finishes } = event
        const choices = [...finishes]
          .toSorted((a, b) => a.choice - b.choice)
          .map((finish) => (folds.get(finish.choice) ?? openFold()).close(finish))
        return { served, choices, usage, warnings, receipt }
      }
      default: {
        const fold = folds.get(event.choice) ?? openFold()
        folds.set(event.choice, fold)
        fold.add(event)
      }
    }
  }
  throw new GatewayError('provider_cut', 'The answer ended before it was complete.')
}

/** The same for vectors. */
export const collectVectors = async (events: AsyncIterable<JourneyEvent<VectorsEvent>>): Promise<EmbeddingAnswer> => {
  let served: Served | null = null
  let vectors: VectorsEvent['vectors'] = []
  for await (const event of events) {
    if (event.type === 'start') served = event.served
    else if (event.type === 'vectors') vectors = event.vectors
    else if (served) {
      const { usage, warnings, receipt } = event
      return { served, vectors, usage, warnings, receipt }
    }
  }
  throw new GatewayError('provider_cut', 'The answer ended before it was complete.')
}

interface ChoiceFold {
  add(event: AnswerEvent): void
  close(finish: Finish): AnswerChoice
}

/** Pieces are joined once at the end: adding to a string per token would copy long answers over and over. */
const openFold = (): ChoiceFold => {
  const text: string[] = []
  const refusal: string[] = []
  const reasoning = new Map<number, { pieces: string[]; signature?: string; redacted?: string }>()
  const toolCalls = new Map<number, Omit<ToolCall, 'argumentsJson'> & { pieces: string[] }>()
  let logprobs: AnswerChoice['logprobs'] = null

  const block = (index: number): { pieces: string[]; signature?: string; redacted?: string } => {
    const known = reasoning.get(index)
    if (known) return known
    const fresh = { pieces: [] }
    reasoning.set(index, fresh)
    return fresh
  }

  return {
    add: (event) => {
      switch (event.type) {
        case 'text':
          text.push(event.text)
          break
        case 'refusal':
          refusal.push(event.text)
          break
        case 'reasoning':
          block(event.block).pieces.push(event.text)
          break
        case 'reasoning-signature':
          block(event.block).signature = event.signature
          break
        case 'reasoning-redacted':
          block(event.block).redacted = event.data
          break
        case 'tool-call': {
          const { id, name, extra } = event
          toolCalls.set(event.index, { id, name, ...(extra ? { extra } : {}), pieces: [] })
          break
        }
        case 'tool-arguments':
          toolCalls.get(event.index)?.pieces.push(event.text)
          break
        case 'logprobs': {
          const content = Array.isArray(event.content) ? event.content : []
          const before = Array.isArray(logprobs?.content) ? logprobs.content : []
          logprobs = { content: [...before, ...content], refusal: event.refusal ?? logprobs?.refusal ?? null }
        }
      }
    },
    close: (finish) => ({
      index: finish.choice,
      text: text.join(''),
      refusal: refusal.length ? refusal.join('') : null,
      reasoning: [...reasoning.entries()].toSorted(([a], [b]) => a - b).map(([, fold]) => closeBlock(fold)),
      toolCalls: [...toolCalls.entries()]
        .toSorted(([a], [b]) => a - b)
        .map(([, { pieces, ...call }]) => ({ ...call, argumentsJson: pieces.join('') })),
      logprobs,
      finish,
    }),
  }
}

const closeBlock = (fold: { pieces: string[]; signature?: string; redacted?: string }): ReasoningBlock => {
  if (fold.redacted !== undefined) return { kind: 'redacted', data: fold.redacted }
  const text = fold.pieces.join('')
  return fold.signature === undefined ? { kind: 'text', text } : { kind: 'text', text, signature: fold.signature }
}
