import { z } from 'zod'
import { invalid, jsonObject, read, readFields, unread } from './border.ts'
import type { ContentPart, ImagePart, ImageSource, TextPart } from './chat.ts'
import type { JsonObject } from './json.ts'

/** Part types of other APIs, and what they are called here. */
const foreignTypes: ReadonlyMap<string, string> = new Map([
  ['input_text', 'text'],
  ['output_text', 'text'],
  ['image', 'image_url'],
  ['input_image', 'image_url'],
  ['audio', 'input_audio'],
  ['input_file', 'file'],
  ['document', 'file'],
])

const partList = z.array(z.unknown(), 'must be a string or an array of content parts.').min(1, 'must not be empty.')
const typed = z.object({ type: z.string().min(1) }).catchall(z.unknown())
export const prefixMarks = { cache_control: jsonObject.optional(), prompt_cache_breakpoint: jsonObject.optional() }
const textPart = z.object({ text: z.string(), ...prefixMarks })
const refusalPart = z.object({ refusal: z.string() })
const imagePart = z.object({ image_url: unread, ...prefixMarks })
// OpenAI's newer models also take "original", of which nobody can say beforehand what it costs.
const imageUrl = z.object({ url: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() })

/** Parts as they were written: each type is a string, the rest depends on it. */
export const readParts = (content: unknown, param: string) =>
  read(partList, content, param).map((part, index) => {
    const at = `${param}[${index}]`
    return { part: read(typed, part, at), at }
  })

/** Content of which only text is taken (system turns). A plain text is one part. */
export const readTextParts = (content: unknown, param: string): TextPart[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readParts(content, param).map(({ part, at }) => {
    if (part.type !== 'text') throw invalid(`${at}.type`, `must be "text"${meantType(part.type)}.`)
    return readText(part, at)
  })
}

/** Content of an assistant turn: text and refusals. An empty text is no part, as beside tool calls. */
export const readAssistantParts = (
  content: unknown,
  param: string,
): { text: TextPart[]; refusal: string | undefined } => {
  if (typeof content === 'string')
    return { text: content === '' ? [] : [{ type: 'text', text: content }], refusal: undefined }
  const text: TextPart[] = []
  let refusal: string | undefined
  for (const { part, at } of readParts(content, param)) {
    if (part.type === 'text') text.push(readText(part, at))
    else if (part.type === 'refusal') refusal = (refusal ?? '') + read(refusalPart, part, at).refusal
    else throw invalid(`${at}.type`, `must be "text" or "refusal" in an assistant message${meantType(part.type)}.`)
  }
  return { text, refusal }
}

/** Content of a user or tool turn. Parts that the gateway has no word for stay as they are (`native`). */
export const readContentParts = (content: unknown, param: string): ContentPart[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readParts(content, param).map(({ part, at }) => {
    if (part.type === 'text') return readText(part, at)
    if (part.type === 'image_url') return readImage(part, at)
    if (foreignTypes.has(part.type)) throw invalid(`${at}.type`, `is of another API${meantType(part.type)}.`)
    return { type: 'native', value: read(jsonObject, part, at) }
  })
}

const readText = (part: unknown, param: string): TextPart => {
  const { text, ...marks } = readFields(textPart, part, param)
  return { type: 'text', text, ...readMarks(marks) }
}

/** `image_url` is an object; a plain address, which some clients send, is taken too. */
const readImage = (part: unknown, param: string): ImagePart => {
  const { image_url: image, ...marks } = readFields(imagePart, part, param)
  const { url, detail } = readFields(imageUrl, typeof image === 'string' ? { url: image } : image, `${param}.image_url`)
  return { type: 'image', source: readImageSource(url, `${param}.image_url.url`), detail, ...readMarks(marks) }
}

export const readMarks = (marks: {
  cache_control?: JsonObject | undefined
  prompt_cache_breakpoint?: JsonObject | undefined
}) => ({
  cacheControl: marks.cache_control,
  promptCacheBreakpoint: marks.prompt_cache_breakpoint,
})

/** An http(s) address, or a data URL with base64. */
export const readImageSource = (url: string, param: string): ImageSource => {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return { kind: 'url', url }
  const comma = url.indexOf(',')
  const mediaType = /^data:(image\/[\w.+-]+);base64$/i.exec(url.slice(0, Math.max(comma, 0)))?.[1]
  if (mediaType === undefined || comma === url.length - 1)
    throw invalid(param, 'must be an http(s) URL, or a data URL such as "data:image/png;base64,…".')
  return { kind: 'base64', mediaType: mediaType.toLowerCase(), data: url.slice(comma + 1) }
}

const meantType = (type: string): string => {
  const meant = foreignTypes.get(type)
  return meant === undefined ? '' : `: send "${meant}" instead of "${type}"`
}
