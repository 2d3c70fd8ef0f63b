import { z } from 'zod'
import { invalid, jsonObject, read, readFields, unread } from './border.ts'
import type { ContentPart, ImagePart, TextPart } from './chat.ts'
import type { JsonObject } from './json.ts'

/** Tells what the reading itself left out, whoever answers; `param` is the caller's path. */
export type Note = (param: string, message: string) => void

const blockList = z.array(z.unknown(), 'must be a string or an array of content blocks.')
const typed = z.object({ type: z.string().min(1) }).catchall(z.unknown())
const mark = { cache_control: jsonObject.optional() }
const textBlock = z.object({ text: z.string(), citations: unread, ...mark })
const imageBlock = z.object({ source: unread, ...mark })
const documentBlock = z.object({
  source: unread,
  title: z.string().optional(),
  context: z.string().optional(),
  citations: z.object({ enabled: z.boolean().optional() }).optional(),
  ...mark,
})
const searchResult = z.object({ source: z.string(), title: z.string(), content: unread, ...mark })

const sourceType = z.object({ type: z.string().min(1) })
const imageBytes = z.object({
  media_type: z.string().regex(/^image\/[\w.+-]+$/i, 'must be a type of images such as "image/png".'),
  data: z.string().min(1),
})
const pdfBytes = z.object({
  media_type: z.literal('application/pdf', 'must be "application/pdf": send other documents as text.'),
  data: z.string().min(1),
})
const address = z.object({
  url: z.string().refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), 'must be an http(s) URL.'),
})
const plainText = z.object({ data: z.string() })
const innerContent = z.object({ content: unread })

/** A block as it was written: the type is a string, the rest depends on it. */
export type Block = z.infer<typeof typed>

export const readBlocks = (content: unknown, param: string): { block: Block; at: string }[] =>
  read(blockList, content, param).map((block, index) => {
    const at = `${param}[${index}]`
    return { block: read(typed, block, at), at }
  })

/** Text alone (system prompts). A plain text is one part. */
export const readTextBlocks = (content: unknown, param: string, note: Note): TextPart[] => {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return readBlocks(content, param).map(({ block, at }) => {
    if (block.type !== 'text') throw invalid(`${at}.type`, 'must be "text".')
    return readText(block, at, note)
  })
}

export const readText = (block: Block, at: string, note: Note): TextPart => {
  const { text, citations, cache_control: cacheControl } = readFields(textBlock, block, at)
  if (Array.isArray(citations) && citations.length > 0) note(`${at}.citations`, 'The gateway does not carry citations.')
  return { type: 'text', text, cacheControl }
}

/** What a user shows, and what a tool gives back: text, images, documents and search results. */
export const readContent = (content: unknown, param: string, note: Note): ContentPart[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readBlocks(content, param).flatMap(({ block, at }) => readContentBlock(block, at, note))
}

/** @throws GatewayError invalid_request for blocks that only Anthropic's own servers can make or read */
export const readContentBlock = (block: Block, at: string, note: Note): ContentPart[] => {
  switch (block.type) {
    case 'text':
      return [readText(block, at, note)]
    case 'image':
      return [readImage(block, at)]
    case 'document':
      return readDocument(block, at, note)
    case 'search_result':
      return readSearchResult(block, at, note)
    default:
      throw foreignBlock(block.type, at)
  }
}

export const foreignBlock = (type: string, at: string): ReturnType<typeof invalid> =>
  invalid(
    `${at}.type`,
    `is ${JSON.stringify(type.slice(0, 64))}, which is not taken here: send what it holds as text, images, documents or the results of your own tools.`,
  )

const readImage = (block: Block, at: string): ImagePart => {
  const { source, cache_control: cacheControl } = readFields(imageBlock, block, at)
  const from = `${at}.source`
  const { type } = read(sourceType, source, from)
  if (type === 'url')
    return { type: 'image', source: { kind: 'url', url: read(address, source, from).url }, cacheControl }
  if (type !== 'base64') throw foreignSource(type, from, '"base64" or "url"')
  const { media_type: mediaType, data } = read(imageBytes, source, from)
  return { type: 'image', source: { kind: 'base64', mediaType: mediaType.toLowerCase(), data }, cacheControl }
}

/** A PDF stays a file. What is text by itself becomes text under its title, which every model reads. */
const readDocument = (block: Block, at: string, note: Note): ContentPart[] => {
  const { source, title, context, citations, cache_control: cacheControl } = readFields(documentBlock, block, at)
  if (citations?.enabled) note(`${at}.citations`, 'The gateway does not carry citations.')
  const from = `${at}.source`
  const { type } = read(sourceType, source, from)
  const headed = (parts: ContentPart[]): ContentPart[] =>
    markLast([...heading([title && `Document: ${title}`, context]), ...parts], cacheControl)
  switch (type) {
    case 'base64': {
      const { data } = read(pdfBytes, source, from)
      return fileOf({ file_data: `data:application/pdf;base64,${data}` }, { title, context, cacheControl })
    }
    case 'url':
      return fileOf({ file_url: read(address, source, from).url }, { title, context, cacheControl })
    case 'text':
      return headed([{ type: 'text', text: read(plainText, source, from).data }])
    case 'content':
      return headed(readContent(read(innerContent, source, from).content, `${from}.content`, note))
    default:
      throw foreignSource(type, from, '"base64", "url", "text" or "content"')
  }
}

const fileOf = (
  file: { file_data: string } | { file_url: string },
  about: { title: string | undefined; context: string | undefined; cacheControl: JsonObject | undefined },
): ContentPart[] => {
  const named = about.title === undefined ? file : { ...file, filename: about.title }
  return [
    ...heading([about.context]),
    { type: 'native', value: { type: 'file', file: named }, cacheControl: about.cacheControl },
  ]
}

const readSearchResult = (block: Block, at: string, note: Note): ContentPart[] => {
  const { source, title, content, cache_control: cacheControl } = readFields(searchResult, block, at)
  const texts = readTextBlocks(content, `${at}.content`, note)
  return markLast([...heading([`Search result: ${title} (${source})`]), ...texts], cacheControl)
}

const heading = (lines: readonly (string | undefined)[]): TextPart[] => {
  const text = lines.filter((line) => line).join('\n')
  return text === '' ? [] : [{ type: 'text', text }]
}

/** A block's mark stands where its last part ends. */
const markLast = (parts: readonly ContentPart[], cacheControl: JsonObject | undefined): ContentPart[] =>
  parts.map((part, index) => (index === parts.length - 1 && cacheControl ? { ...part, cacheControl } : part))

const foreignSource = (type: string, at: string, known: string): ReturnType<typeof invalid> =>
  type === 'file'
    ? invalid(`${at}.type`, `is "file": what lies at Anthropic is not the gateway's to read. Send ${known}.`)
    : invalid(`${at}.type`, `must be ${known}.`)
