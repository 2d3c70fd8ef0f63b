import type { ChatRequest, ContentPart, Message } from '../contract/chat.ts'

/** A request as a classifier sees it: small, whatever the request's size. Texts are normalised (see `normalise`). */
export interface Question {
  /** Beginning of the system prompt. */
  system: string
  /** First and last line of the last user text, shortened: where people say what they want. */
  edges: string
  /** More of its beginning and its end. What lies between is mostly material. */
  ask: string
  /** A larger sample of the last user text, for how it is built. Not normalised but for its length. */
  sample: string
  /** Beginning of the user text before the last: what a follow-up such as "shorter, please" is about. */
  earlier: string
  /** Length of the last user text. */
  chars: number
  wantsJson: boolean
  hasImages: boolean
}

/** Characters that are read of each end, or of the beginning. */
const edgeEnd = 160
const askEnd = 350
const sampleHead = 2_400
const sampleTail = 800
const contextHead = 600

/** Reads what a classifier needs. Takes time for a few thousand characters, never for all of a long prompt. */
export const readQuestion = (request: ChatRequest): Question => {
  const asked = request.messages.filter(({ role }) => role === 'user')
  const last = asked.at(-1)
  const parts = textParts(last)
  const ask = normalise(bothEnds(parts, askEnd, askEnd))
  return {
    system: normalise(head(textParts(request.messages.find(({ role }) => role === 'system')), contextHead)),
    edges: edgesOf(ask),
    ask,
    sample: bothEnds(parts, sampleHead, sampleTail),
    earlier: normalise(head(textParts(asked.at(-2)), contextHead)),
    chars: parts.reduce((sum, text) => sum + text.length, 0),
    wantsJson: request.responseFormat !== undefined && request.responseFormat.type !== 'text',
    hasImages: hasImage(last?.content ?? []),
  }
}

/** Whether any message of the request shows an image. */
export const showsImages = ({ messages }: ChatRequest): boolean => messages.some(({ content }) => hasImage(content))

const hasImage = (content: readonly ContentPart[]): boolean => content.some(({ type }) => type === 'image')

const textParts = (message: Message | undefined): string[] =>
  (message?.content ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : []))

const edgesOf = (text: string): string => {
  if (text.length <= 2 * edgeEnd) return text
  const firstLine = text.slice(0, edgeEnd).split('\n', 1)[0] ?? ''
  const lastLine = text.slice(-edgeEnd).split('\n').at(-1) ?? ''
  return `${firstLine}\n${lastLine}`
}

/** The first `headChars` and the last `tailChars` of the parts, or all of it where that is no more. */
const bothEnds = (parts: readonly string[], headChars: number, tailChars: number): string => {
  const chars = parts.reduce((sum, text) => sum + text.length + 1, -1)
  if (chars <= headChars + tailChars) return parts.join('\n')
  return `${head(parts, headChars)}\n${tail(parts, tailChars)}`
}

const head = (parts: readonly string[], chars: number): string => {
  let text = ''
  for (const part of parts) {
    if (text.length >= chars) break
    text += `${text && '\n'}${part.slice(0, chars - text.length)}`
  }
  return text
}

const tail = (parts: readonly string[], chars: number): string => {
  let text = ''
  for (const part of parts.toReversed()) {
    if (text.length >= chars) break
    text = `${part.slice(-(chars - text.length))}${text && '\n'}${text}`
  }
  return text
}

/** One spelling for what people see as the same: case, Unicode forms, quotes, dashes and spaces. Line breaks stay. */
const normalise = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\r\n?/g, '\n')
    .replace(/[‘’`´]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/[‐-―]/g, '-')
    .replace(/[^\S\n]+/g, ' ')
    .trim()
