import type OpenAI from 'openai'
import { createNumbers, groupBySide } from './meaning.ts'
import type { Meaning, Picture, Said } from './meaning.ts'

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
          return 'text' in piece
            ? [{ type: 'text', text: piece.text }]
            : [{ type: 'image_url', image_url: { url: dataUrl(piece.picture) } }]
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

export const dataUrl = ({ mediaType, data }: Picture): string => `data:${mediaType};base64,${data}`

export const pictureOf = (url: string): Picture => {
  const [, mediaType = '', data = ''] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
  return { mediaType, data }
}

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
        return part.type === 'image_url' ? [{ by: 'user', picture: pictureOf(part.image_url.url) }] : []
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
