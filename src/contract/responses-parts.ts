import { z } from 'zod'
import { invalid, read, readFields } from './border.ts'
import type { ContentPart, TextPart } from './chat.ts'
import type { JsonObject } from './json.ts'
import { prefixMarks, readImageSource, readMarks, readParts } from './openai-parts.ts'

/** Part types of the chat wire, and what they are called here. */
const foreignTypes: ReadonlyMap<string, string> = new Map([
  ['text', 'input_text'],
  ['image', 'input_image'],
  ['image_url', 'input_image'],
  ['file', 'input_file'],
  ['document', 'input_file'],
])

const atOpenai = z.never('is not taken: files lie at the provider, not at the gateway; send the content itself.')
const inputText = z.object({ text: z.string(), ...prefixMarks })
const inputImage = z.object({
  file_id: atOpenai.optional(),
  image_url: z.string(),
  // OpenAI's newer models also take "original", of which nobody can say beforehand what it costs.
  detail: z.enum(['auto', 'low', 'high']).optional(),
  ...prefixMarks,
})
const inputFile = z.object({
  file_id: atOpenai.optional(),
  file_url: z.never('is not taken: send the content as "file_data".').optional(),
  file_data: z.string(),
  filename: z.string().optional(),
  prompt_cache_breakpoint: prefixMarks.prompt_cache_breakpoint,
})
const refusalPart = z.object({ refusal: z.string() })

/** Content of the user's side: text, images and files. A plain text is one part. */
export const readInputParts = (content: unknown, param: string): ContentPart[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readParts(content, param).map(({ part, at }) => {
    switch (part.type) {
      case 'input_text':
        return readText(part, at)
      case 'input_image': {
        const { image_url: url, file_id: _file, detail, ...marks } = readFields(inputImage, part, at)
        return { type: 'image', source: readImageSource(url, `${at}.image_url`), detail, ...readMarks(marks) }
      }
      case 'input_file':
        return { type: 'native', value: readFile(part, at) }
      default:
        throw invalid(`${at}.type`, `must be "input_text", "input_image" or "input_file"${meantType(part.type)}.`)
    }
  })
}

/** A file as the chat wire has it, which is how the dialects know it. */
const readFile = (part: unknown, param: string): JsonObject => {
  const { file_data, filename, prompt_cache_breakpoint: mark } = readFields(inputFile, part, param)
  return {
    type: 'file',
    file: { ...(filename !== undefined && { filename }), file_data },
    ...(mark && { prompt_cache_breakpoint: mark }),
  }
}

/** Content of which only text is taken (system turns). */
export const readInputTexts = (content: unknown, param: string): TextPart[] => {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return readParts(content, param).map(({ part, at }) => {
    if (part.type !== 'input_text') throw invalid(`${at}.type`, `must be "input_text"${meantType(part.type)}.`)
    return readText(part, at)
  })
}

/** Content of the assistant's side, as a reply has it or as people write it. An empty text is no part. */
export const readOutputParts = (content: unknown, param: string): { text: TextPart[]; refusal: string | undefined } => {
  if (content === '') return { text: [], refusal: undefined }
  if (typeof content === 'string') return { text: [{ type: 'text', text: content }], refusal: undefined }
  // What was given as an empty message comes back as one.
  if (Array.isArray(content) && content.length === 0) return { text: [], refusal: undefined }
  const text: TextPart[] = []
  let refusal: string | undefined
  for (const { part, at } of readParts(content, param)) {
    if (part.type === 'output_text' || part.type === 'input_text') text.push(readText(part, at))
    else if (part.type === 'refusal') refusal = (refusal ?? '') + read(refusalPart, part, at).refusal
    else throw invalid(`${at}.type`, 'must be "output_text" or "refusal" in an assistant message.')
  }
  return { text, refusal }
}

const readText = (part: unknown, param: string): TextPart => {
  const { text, ...marks } = readFields(inputText, part, param)
  return { type: 'text', text, ...readMarks(marks) }
}

const meantType = (type: string): string => {
  const meant = foreignTypes.get(type)
  return meant === undefined ? '' : `: send "${meant}" instead of "${type}"`
}
