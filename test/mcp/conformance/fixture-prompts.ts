import { acceptedContent, completable, inputRequired } from '@modelcontextprotocol/server'
import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { pngBase64 } from './fixture-material.ts'

const user = 'user' as const
const said = (text: string) => ({ role: user, content: { type: 'text' as const, text } })

/** Prompts under the names that the suite gets them by. */
export const registerPrompts = (server: McpServer): void => {
  server.registerPrompt('test_simple_prompt', { description: 'A text.' }, () => ({
    messages: [said('This is a simple prompt for testing.')],
  }))

  const completed = () => completable(z.string(), (begun) => ['paris', 'park'].filter((word) => word.startsWith(begun)))
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'A text with two arguments.', argsSchema: z.object({ arg1: completed(), arg2: completed() }) },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  )

  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'A resource and a text.', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri: uri }) => ({
      messages: [
        {
          role: user,
          content: {
            type: 'resource' as const,
            resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        said('Please process the embedded resource above.'),
      ],
    }),
  )

  server.registerPrompt('test_prompt_with_image', { description: 'An image and a text.' }, () => ({
    messages: [
      { role: user, content: { type: 'image' as const, data: pngBase64, mimeType: 'image/png' } },
      said('Please analyze the image above.'),
    ],
  }))

  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first.' }, ({ mcpReq }) => {
    const given = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }))
    if (given) return { messages: [said(`Context: ${given.context}`)] }
    return inputRequired({
      inputRequests: {
        user_context: inputRequired.elicit({
          message: 'What context should the prompt use?',
          requestedSchema: { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] },
        }),
      },
    })
  })
}
