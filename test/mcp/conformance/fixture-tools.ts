import { setTimeout as sleep } from 'node:timers/promises'
import { fromJsonSchema } from '@modelcontextprotocol/server'
import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import fullVocabulary from './every-keyword.json' with { type: 'json' }
import { pngBase64, textResult, wavBase64 } from './fixture-material.ts'

const image = { type: 'image', data: pngBase64, mimeType: 'image/png' } as const

/** Tools that give the same answer every time. Names and texts are the suite's. */
const constant: readonly { name: string; description: string; result: CallToolResult }[] = [
  {
    name: 'test_simple_text',
    description: 'Answers with a text.',
    result: textResult('This is a simple text response for testing.'),
  },
  { name: 'test_image_content', description: 'Answers with an image.', result: { content: [image] } },
  {
    name: 'test_audio_content',
    description: 'Answers with a sound.',
    result: { content: [{ type: 'audio', data: wavBase64, mimeType: 'audio/wav' }] },
  },
  {
    name: 'test_embedded_resource',
    description: 'Answers with a resource.',
    result: {
      content: [
        {
          type: 'resource',
          resource: {
            uri: 'test://embedded-resource',
            mimeType: 'text/plain',
            text: 'This is an embedded resource content.',
          },
        },
      ],
    },
  },
  {
    name: 'test_multiple_content_types',
    description: 'Answers with a text, an image and a resource.',
    result: {
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        image,
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}',
          },
        },
      ],
    },
  },
]

export const registerTools = (server: McpServer): void => {
  for (const { name, description, result } of constant) server.registerTool(name, { description }, () => result)

  server.registerTool('test_error_handling', { description: 'Fails.' }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })

  server.registerTool(
    'test_tool_with_progress',
    { description: 'Tells how far it has come.' },
    async ({ mcpReq }): Promise<CallToolResult> => {
      const progressToken = mcpReq._meta?.progressToken
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } })
        await sleep(20)
      }
      return textResult('Done.')
    },
  )

  for (const name of ['test_tool_with_logging', 'test_logging_tool'])
    server.registerTool(
      name,
      { description: 'Logs what it does, to clients who asked for it.' },
      async ({ mcpReq }): Promise<CallToolResult> => {
        for (const step of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
          await mcpReq.log('info', step)
          await sleep(20)
        }
        return textResult('Logged three times.')
      },
    )

  server.registerTool(
    'test_header_parameter',
    {
      description: 'Takes a parameter that is repeated in a header.',
      inputSchema: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
    },
    ({ region }) => textResult(region),
  )

  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(fullVocabulary) },
    () => textResult('ok'),
  )
}
