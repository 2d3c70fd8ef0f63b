import type OpenAI from 'openai'
import { createNumbers, groupBySide } from './meaning.ts'
import type { Document, Meaning, Picture, Said } from './meaning.ts'

type Body = OpenAI.ChatCompletionCreateParams
type Message = OpenAI.ChatCompletionMessageParam

const idOf = (nth: number): string => `call:${nth}/${'x'.repeat(nth * 40)}`

/** A request as a client of OpenAI's chat API writes it. */
export const writeChat = (meaning: Meaning): Body => ({
  model: 'rocket-1',
  messages: [
    ...meaning.system.map((content): Message => ({ role: 'system', content })),
    ...groupBySide(meaning.said).flatMap(writeGroup),
  ],
  ...(meaning.tools.length > 0 && {
    tools: meaning.tools.map(({ name, description, schema }) => ({
      type: 'function' as const,
      function: { name, ...(description !== null && { description }), parameters: schema },
    })),
  }),
  ...(meaning.choice !== null && {
    tool_choice: typeof meaning.choice === 'object' ? { type: 'function', function: meaning.choice } : meaning.choice,
  }),
  ...(meaning.parallel !== null && { parallel_tool_calls: meaning.parallel }),
  ...(meaning.format && {
    response_format: {
      type: 'json_schema',
      json_schema: { name: meaning.format.name ?? 'answer', schema: meaning.format.schema },
    },
  }),
  ...(meaning.maxTokens !== null && { max_completion_tokens: meaning.maxTokens }),
  ...(meaning.temperature !== null && { temperature: meaning.temperature }),
  ...(meaning.topP !== null && { top_p: meaning.topP }),
  ...(meaning.stop.length > 0 && { stop: meaning.stop }),
})

const writeGroup = (group: readonly Said[]): Message[] => {
  if (group[0]?.by === 'tool')
    return group.flatMap((piece) =>
      piece.by === 'tool' ? [{ role: 'tool', tool_call_id: idOf(piece.answers), content: piece.text }] : [],
    )
  if (group[0]?.by === 'user')
    return [
      {
        role: 'user',
        content: group.flatMap((piece): OpenAI.ChatCompletionContentPart[] => {
          if (piece.by !== 'user') return []
          if ('text' in piece) return [{ type: 'text', text: piece.text }]
          if ('picture' in piece) return [{ type: 'image_url', image_url: { url: urlOf(piece.picture) } }]
          return [{ type: 'file', file: fileOf(piece.document) }]
        }),
      },
    ]
  const texts = group.flatMap((piece) => (piece.by === 'model' && 'text' in piece ? [piece.text] : []))
  const calls = group.flatMap((piece) => (piece.by === 'model' && 'calls' in piece ? [piece] : []))
  return [
    {
      role: 'assistant',
      content: texts.length > 0 ? texts.map((text) => ({ type: 'text', text })) : null,
      ...(calls.length > 0 && {
        tool_calls: calls.map((call) => ({
          id: idOf(call.nth),
          type: 'function' as const,
          function: { name: call.calls, arguments: JSON.stringify(call.with) },
        })),
      }),
    },
  ]
}

export const urlOf = (picture: Picture): string =>
  'url' in picture ? picture.url : `data:${picture.mediaType};base64,${picture.data}`

export const pictureOf = (url: string): Picture => {
  const [, mediaType, data] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
  return mediaType === undefined || data === undefined ? { url } : { mediaType, data }
}

/** OpenAI's two APIs know files by the same fields. */
export const fileOf = ({ name, data }: Document): { filename?: string; file_data: string } => ({
  ...(name !== null && { filename: name }),
  file_data: `data:application/pdf;base64,${data}`,
})

export const documentOf = (file: { filename?: string; file_data?: string }): Document => ({
  name: file.filename ?? null,
  data: (file.file_data ?? '').replace('data:application/pdf;base64,', ''),
})

/** What a body of OpenAI's chat API means. */
export const readChat = (body: Body): Meaning => {
  const numbers = createNumbers()
  const { tool_choice: choice, response_format: format } = body
  return {
    system: body.messages.flatMap((message) =>
      message.role === 'system' || message.role === 'developer' ? textsOf(message.content) : [],
    ),
    said: body.messages.flatMap((message) => readMessage(message, numbers)),
    tools: (body.tools ?? []).flatMap((tool) =>
      tool.type === 'function'
        ? [
            {
              name: tool.function.name,
              description: tool.function.description ?? null,
              schema: JSON.parse(JSON.stringify(tool.function.parameters)),
            },
          ]
        : [],
    ),
    choice: typeof choice === 'object' && 'function' in choice ? { name: choice.function.name } : modeOf(choice),
    parallel: body.parallel_tool_calls ?? null,
    format:
      format?.type === 'json_schema'
        ? { name: format.json_schema.name, schema: JSON.parse(JSON.stringify(format.json_schema.schema)) }
        : null,
    maxTokens: body.max_completion_tokens ?? null,
    temperature: body.temperature ?? null,
    topP: body.top_p ?? null,
    stop: [body.stop ?? []].flat(),
  }
}

const modeOf = (choice: unknown): Meaning['choice'] =>
  choice === 'auto' || choice === 'none' || choice === 'required' ? choice : null

const readMessage = (message: Message, numbers: ReturnType<typeof createNumbers>): Said[] => {
  switch (message.role) {
    case 'user':
      if (typeof message.content === 'string') return [{ by: 'user', text: message.content }]
      return message.content.flatMap((part): Said[] => {
        if (part.type === 'text') return [{ by: 'user', text: part.text }]
        if (part.type === 'image_url') return [{ by: 'user', picture: pictureOf(part.image_url.url) }]
        return part.type === 'file' ? [{ by: 'user', document: documentOf(part.file) }] : []
      })
    case 'assistant':
      return [
        ...textsOf(message.content ?? '').map((text): Said => ({ by: 'model', text })),
        ...(message.tool_calls ?? []).flatMap((call): Said[] =>
          call.type === 'function'
            ? [
                {
                  by: 'model',
                  calls: call.function.name,
                  with: JSON.parse(call.function.arguments),
                  nth: numbers.ofCall(call.id),
                },
              ]
            : [],
        ),
      ]
    case 'tool':
      return [
        {
          by: 'tool',
          answers: numbers.ofResult(message.tool_call_id),
          text: textsOf(message.content).join(''),
          failed: false,
        },
      ]
    default:
      return []
  }
}

const textsOf = (content: string | readonly { type: string }[]): string[] => {
  if (typeof content === 'string') return content === '' ? [] : [content]
  return content.flatMap((part) => ('text' in part && typeof part.text === 'string' ? [part.text] : []))
}
