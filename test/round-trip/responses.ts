import type {
  ResponseCreateParams,
  ResponseInputContent,
  ResponseInputItem,
} from 'openai/resources/responses/responses'
import { documentOf, fileOf, pictureOf, urlOf } from './chat.ts'
import { createNumbers, groupBySide } from './meaning.ts'
import type { Meaning, Said } from './meaning.ts'

const idOf = (nth: number): string => `call_${nth}`

/** A request as a client of OpenAI's Responses API writes it. */
export const writeResponses = (meaning: Meaning): ResponseCreateParams => ({
  model: 'rocket-1',
  input: [
    ...meaning.system.map((content): ResponseInputItem => ({ role: 'system', content })),
    ...groupBySide(meaning.said).flatMap(writeGroup),
  ],
  ...(meaning.tools.length > 0 && {
    tools: meaning.tools.map(({ name, description, schema }) => ({
      type: 'function' as const,
      name,
      ...(description !== null && { description }),
      parameters: schema,
      strict: false,
    })),
  }),
  ...(meaning.choice !== null && {
    tool_choice: typeof meaning.choice === 'object' ? { type: 'function', ...meaning.choice } : meaning.choice,
  }),
  ...(meaning.parallel !== null && { parallel_tool_calls: meaning.parallel }),
  ...(meaning.format && {
    text: {
      format: {
        type: 'json_schema',
        name: meaning.format.name ?? 'answer',
        schema: meaning.format.schema,
        strict: false,
      },
    },
  }),
  ...(meaning.maxTokens !== null && { max_output_tokens: meaning.maxTokens }),
  ...(meaning.temperature !== null && { temperature: meaning.temperature }),
  ...(meaning.topP !== null && { top_p: meaning.topP }),
})

const writeGroup = (group: readonly Said[]): ResponseInputItem[] => {
  if (group[0]?.by === 'user')
    return [
      {
        role: 'user',
        content: group.flatMap((piece): ResponseInputContent[] => {
          if (piece.by !== 'user') return []
          if ('text' in piece) return [{ type: 'input_text', text: piece.text }]
          if ('picture' in piece) return [{ type: 'input_image', detail: 'auto', image_url: urlOf(piece.picture) }]
          return [{ type: 'input_file', ...fileOf(piece.document) }]
        }),
      },
    ]
  return group.flatMap((piece): ResponseInputItem[] => {
    if (piece.by === 'tool') return [{ type: 'function_call_output', call_id: idOf(piece.answers), output: piece.text }]
    if (piece.by !== 'model') return []
    return 'text' in piece
      ? [{ role: 'assistant', content: piece.text }]
      : [
          {
            type: 'function_call',
            call_id: idOf(piece.nth),
            name: piece.calls,
            arguments: JSON.stringify(piece.with),
          },
        ]
  })
}

/** What a body of OpenAI's Responses API means. */
export const readResponses = (body: ResponseCreateParams): Meaning => {
  const numbers = createNumbers()
  const items = typeof body.input === 'string' ? [{ role: 'user' as const, content: body.input }] : (body.input ?? [])
  const { tool_choice: choice } = body
  const format = body.text?.format
  return {
    system: items.flatMap((item) =>
      'content' in item && 'role' in item && (item.role === 'system' || item.role === 'developer')
        ? textsOf(item.content)
        : [],
    ),
    said: items.flatMap((item) => readItem(item, numbers)),
    tools: (body.tools ?? []).flatMap((tool) =>
      tool.type === 'function'
        ? [
            {
              name: tool.name,
              description: tool.description ?? null,
              schema: JSON.parse(JSON.stringify(tool.parameters)),
            },
          ]
        : [],
    ),
    choice:
      choice === 'auto' || choice === 'none' || choice === 'required'
        ? choice
        : choice?.type === 'function'
          ? { name: choice.name }
          : null,
    parallel: body.parallel_tool_calls ?? null,
    format:
      format?.type === 'json_schema' ? { name: format.name, schema: JSON.parse(JSON.stringify(format.schema)) } : null,
    maxTokens: body.max_output_tokens ?? null,
    temperature: body.temperature ?? null,
    topP: body.top_p ?? null,
    stop: [],
  }
}

const readItem = (item: ResponseInputItem, numbers: ReturnType<typeof createNumbers>): Said[] => {
  if ('role' in item && 'content' in item) {
    if (item.role === 'assistant') return textsOf(item.content).map((text): Said => ({ by: 'model', text }))
    if (item.role !== 'user') return []
    if (typeof item.content === 'string') return [{ by: 'user', text: item.content }]
    return item.content.flatMap((part): Said[] => {
      if (part.type === 'input_text') return [{ by: 'user', text: part.text }]
      if (part.type === 'input_image') return [{ by: 'user', picture: pictureOf(part.image_url ?? '') }]
      return part.type === 'input_file' ? [{ by: 'user', document: documentOf(part) }] : []
    })
  }
  switch (item.type) {
    case 'function_call':
      return [{ by: 'model', calls: item.name, with: JSON.parse(item.arguments), nth: numbers.ofCall(item.call_id) }]
    case 'function_call_output':
      return [
        {
          by: 'tool',
          answers: numbers.ofResult(item.call_id ?? ''),
          text: textsOf(item.output).join(''),
          failed: false,
        },
      ]
    default:
      return []
  }
}

const textsOf = (content: string | readonly object[] | null | undefined): string[] => {
  if (typeof content === 'string') return [content]
  return (content ?? []).flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []))
}
