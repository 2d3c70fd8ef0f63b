import type { JsonObject } from '../contract/json.ts'
import type { Answer, Choice } from './answer.ts'
import { piecesOf } from './cut.ts'
import { hashText } from './hash.ts'
import { parseJson } from './read-body.ts'
import type { SseEvent } from './score.ts'

/** How an answer is shown beyond its content. */
interface Show {
  model: string
  /** Thoughts are part of the answer; they are thought, signed and counted either way. */
  includeThoughts: boolean
}

/** What proves that a part was thought of here; a function call's name is part of it. */
export const signThought = (name: string): string => Buffer.from(hashText('thought', name), 'hex').toString('base64')

/** An answer as a `GenerateContentResponse`. */
export const geminiResponse = (answer: Answer, show: Show): JsonObject => ({
  candidates: answer.choices.map((choice, index) => ({
    content: { role: 'model', parts: partsOf(choice, show).map(({ part }) => part) },
    finishReason: finishOf(choice),
    index,
  })),
  usageMetadata: usageOf(answer),
  ...frameOf(answer, show),
})

/** An answer as the chunks of a stream: text in pieces, a function call a chunk; the last ones carry the finish. */
export const geminiChunks = (answer: Answer, show: Show): SseEvent[] => {
  const { inputTokens } = answer.usage
  const early = { promptTokenCount: inputTokens, totalTokenCount: inputTokens }
  const chunk = (part: SseEvent['part'], candidate: JsonObject, usageMetadata: JsonObject): SseEvent => ({
    part,
    data: { candidates: [candidate], usageMetadata, ...frameOf(answer, show) },
  })
  return [
    ...answer.choices.flatMap((choice, index) =>
      partsOf(choice, show)
        .flatMap(({ pieces }) => pieces)
        .map((part) => chunk('content', { content: { role: 'model', parts: [part] }, index }, early)),
    ),
    ...answer.choices.map((choice, index) => {
      const parts = [{ text: '', ...(isSigned(choice) ? { thoughtSignature: signThought('') } : {}) }]
      return chunk(
        'finish',
        { content: { role: 'model', parts }, finishReason: finishOf(choice), index },
        usageOf(answer),
      )
    }),
  ]
}

interface Part {
  /** As it stands in a whole answer. */
  part: JsonObject
  /** As it is streamed; a text's signature comes last, with the finish. */
  pieces: readonly JsonObject[]
}

const partsOf = (choice: Choice, { includeThoughts }: Show): readonly Part[] => [
  ...(includeThoughts && choice.reasoning !== '' ? [textPart(choice.reasoning, { thought: true })] : []),
  ...(choice.text === ''
    ? []
    : [
        {
          ...textPart(choice.text),
          part: { text: choice.text, ...(isSigned(choice) ? { thoughtSignature: signThought('') } : {}) },
        },
      ]),
  ...choice.toolCalls.map((call, index) => callPart(call, index === 0)),
]

/** A text is signed where something was thought before it. */
const isSigned = ({ reasoning, text }: Choice): boolean => reasoning !== '' && text !== ''

const textPart = (text: string, fields: JsonObject = {}): Part => ({
  part: { text, ...fields },
  pieces: piecesOf(text).map((piece) => ({ text: piece, ...fields })),
})

/** Of parallel calls only the first is signed. Arguments that the token limit broke off have no value. */
const callPart = ({ id, name, argumentsJson }: Choice['toolCalls'][number], isFirst: boolean): Part => {
  const part = {
    functionCall: { id: id.slice(0, 8), name, args: parseJson(argumentsJson) ?? {} },
    ...(isFirst ? { thoughtSignature: signThought(name) } : {}),
  }
  return { part, pieces: [part] }
}

const finishOf = ({ finish }: Choice): string => (finish === 'length' ? 'MAX_TOKENS' : 'STOP')

const frameOf = (answer: Answer, { model }: Show): JsonObject => ({ modelVersion: model, responseId: answer.id })

/** Thoughts are counted beside the candidates on this wire. */
const usageOf = ({ usage }: Answer): JsonObject => ({
  promptTokenCount: usage.inputTokens,
  candidatesTokenCount: usage.outputTokens - usage.reasoningTokens,
  totalTokenCount: usage.inputTokens + usage.outputTokens,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.inputTokens }],
  ...(usage.reasoningTokens > 0 ? { thoughtsTokenCount: usage.reasoningTokens } : {}),
  ...(usage.cached.read > 0 ? { cachedContentTokenCount: usage.cached.read } : {}),
})
