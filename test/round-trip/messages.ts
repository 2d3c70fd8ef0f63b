import type Anthropic from '@anthropic-ai/sdk'
import { createNumbers, groupBySide } from './meaning.ts'
import type { Meaning, Picture, Said } from './meaning.ts'

/** Sampling is what older models take; the SDK's types have gone over to newer ones. */
type Body = Anthropic.MessageCreateParams & { temperature?: number; top_p?: number }

/** What the model gives at most, which stands where a caller says nothing: the field is required. */
export const longestAnswer = 64_000

const idOf = (nth: number): string => `toolu_${nth}`

/** A request as a client of Anthropic's Messages API writes it. */
export const writeMessages = (meaning: Meaning): Body => ({
  model: 'rocket-1',
  max_tokens: meaning.maxTokens ?? longestAnswer,
  ...(meaning.system.length > 0 && { system: meaning.system.map((text) => ({ type: 'text' as const, text })) }),
  messages: writeTurns(meaning.said),
  ...(meaning.tools.length > 0 && {
    tools: meaning.tools.map(({ name, description, schema }) => ({
      name,
      ...(description !== null && { description }),
      input_schema: { type: 'object' as const, ...schema },
    })),
  }),
  ...writeChoice(meaning),
  ...(meaning.format && { output_config: { format: { type: 'json_schema', schema: meaning.format.schema } } }),
  ...(meaning.temperature !== null && { temperature: Math.min(1, meaning.temperature) }),
  ...(meaning.topP !== null && { top_p: meaning.topP }),
  ...(meaning.stop.length > 0 && { stop_sequences: meaning.stop }),
})

/** Results are the user's, in one turn with what the user says. */
const writeTurns = (said: readonly Said[]): Anthropic.MessageParam[] => {
  const turns: Anthropic.MessageParam[] = []
  for (const group of groupBySide(said)) {
    const role = group[0]?.by === 'model' ? 'assistant' : 'user'
    const content = group.map(writeBlock)
    const last = turns.at(-1)
    if (last?.role === role && Array.isArray(last.content)) last.content.push(...content)
    else turns.push({ role, content })
  }
  return turns
}

const writeBlock = (piece: Said): Anthropic.ContentBlockParam => {
  if (piece.by === 'tool')
    return {
      type: 'tool_result',
      tool_use_id: idOf(piece.answers),
      content: [{ type: 'text', text: piece.text }],
      ...(piece.failed && { is_error: true }),
    }
  if ('text' in piece) return { type: 'text', text: piece.text }
  if ('picture' in piece) return { type: 'image', source: sourceOf(piece.picture) }
  if ('document' in piece) {
    const { name, data } = piece.document
    const source = { type: 'base64' as const, media_type: 'application/pdf' as const, data }
    return { type: 'document', source, ...(name !== null && { title: name }) }
  }
  return { type: 'tool_use', id: idOf(piece.nth), name: piece.calls, input: piece.with }
}

const sourceOf = (picture: Picture): Anthropic.ImageBlockParam['source'] =>
  'url' in picture
    ? { type: 'url', url: picture.url }
    : {
        type: 'base64',
        data: picture.data,
        media_type: picture.mediaType as Anthropic.Base64ImageSource['media_type'],
      }

const writeChoice = ({ choice, parallel }: Meaning): Pick<Body, 'tool_choice'> => {
  if (choice === 'none') return { tool_choice: { type: 'none' } }
  const off = parallel === null ? {} : { disable_parallel_tool_use: !parallel }
  if (choice === null) return parallel === null ? {} : { tool_choice: { type: 'auto', ...off } }
  if (typeof choice === 'object') return { tool_choice: { type: 'tool', ...choice, ...off } }
  return { tool_choice: { type: choice === 'required' ? 'any' : 'auto', ...off } }
}

/** What a body of Anthropic's Messages API means. */
export const readMessages = (body: Body): Meaning => {
  const numbers = createNumbers()
  const { tool_choice: choice, output_config: output } = body
  return {
    system: typeof body.system === 'string' ? [body.system] : (body.system ?? []).map(({ text }) => text),
    said: body.messages.flatMap(({ role, content }) =>
      typeof content === 'string'
        ? [role === 'assistant' ? { by: 'model' as const, text: content } : { by: 'user' as const, text: content }]
        : content.flatMap((block) => readBlock(block, role === 'assistant' ? 'model' : 'user', numbers)),
    ),
    tools: (body.tools ?? []).flatMap((tool) =>
      'input_schema' in tool
        ? [
            {
              name: tool.name,
              description: tool.description ?? null,
              schema: JSON.parse(JSON.stringify(tool.input_schema)),
            },
          ]
        : [],
    ),
    choice: readChoice(choice),
    parallel:
      choice && 'disable_parallel_tool_use' in choice && choice.disable_parallel_tool_use !== undefined
        ? !choice.disable_parallel_tool_use
        : null,
    format: output?.format ? { name: null, schema: JSON.parse(JSON.stringify(output.format.schema)) } : null,
    maxTokens: body.max_tokens,
    temperature: body.temperature ?? null,
    topP: body.top_p ?? null,
    stop: body.stop_sequences ?? [],
  }
}

const readChoice = (choice: Body['tool_choice']): Meaning['choice'] => {
  switch (choice?.type) {
    case 'any':
      return 'required'
    case 'tool':
      return { name: choice.name }
    case 'auto':
    case 'none':
      return choice.type
    case undefined:
      return null
  }
}

const readBlock = (
  block: Anthropic.ContentBlockParam,
  by: 'user' | 'model',
  numbers: ReturnType<typeof createNumbers>,
): Said[] => {
  switch (block.type) {
    case 'text':
      return [by === 'model' ? { by, text: block.text } : { by, text: block.text }]
    case 'image': {
      const { source } = block
      if (source.type === 'url') return [{ by: 'user', picture: { url: source.url } }]
      return source.type === 'base64'
        ? [{ by: 'user', picture: { mediaType: source.media_type, data: source.data } }]
        : []
    }
    case 'document': {
      const { source, title = null } = block
      return source.type === 'base64' ? [{ by: 'user', document: { name: title, data: source.data } }] : []
    }
    case 'tool_use':
      return [
        {
          by: 'model',
          calls: block.name,
          with: JSON.parse(JSON.stringify(block.input)),
          nth: numbers.ofCall(block.id),
        },
      ]
    case 'tool_result':
      return [
        {
          by: 'tool',
          answers: numbers.ofResult(block.tool_use_id),
          text: typeof block.content === 'string' ? block.content : textsOf(block.content ?? []).join(''),
          failed: block.is_error ?? false,
        },
      ]
    default:
      return []
  }
}

const textsOf = (content: readonly { type: string }[]): string[] =>
  content.flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []))
