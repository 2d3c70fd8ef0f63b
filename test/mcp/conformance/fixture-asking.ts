import { randomBytes } from 'node:crypto'
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server'
import type { InputRequests, McpServer, ServerContext } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { textResult } from './fixture-material.ts'

/** Seals what a tool wants to know again when the client comes back with answers. */
export const askingCodec = createRequestStateCodec<{ step: number }>({ key: randomBytes(32) })

const askFor = (message: string, ...fields: string[]) =>
  inputRequired.elicit({
    message,
    requestedSchema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' as const }])),
      required: fields,
    },
  })
const askName = (): InputRequests => ({ user_name: askFor('What is your name?', 'name') })
const confirm = (): InputRequests => ({
  confirm: inputRequired.elicit({
    message: 'Please confirm',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
  }),
})
const sample = (text: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens })

const envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.object({ sampling: z.unknown().optional(), elicitation: z.unknown().optional() }),
})

type Responses = ServerContext['mcpReq']['inputResponses']
const answered = (responses: Responses, key: string): boolean => inputResponse(responses, key).kind !== 'missing'

/** Tools that ask their client for something before they answer: names, questions and keys are the suite's. */
export const registerAsking = (server: McpServer): void => {
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks for a name.' }, ({ mcpReq }) => {
    const named = acceptedContent(mcpReq.inputResponses, 'user_name', z.object({ name: z.string() }))
    return named ? textResult(`Hello, ${named.name}!`) : inputRequired({ inputRequests: askName() })
  })

  server.registerTool('test_input_required_result_sampling', { description: 'Asks a model.' }, ({ mcpReq }) =>
    answered(mcpReq.inputResponses, 'capital_question')
      ? textResult(JSON.stringify(mcpReq.inputResponses?.['capital_question']))
      : inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } }),
  )

  server.registerTool('test_input_required_result_list_roots', { description: 'Asks for roots.' }, ({ mcpReq }) =>
    answered(mcpReq.inputResponses, 'client_roots')
      ? textResult(JSON.stringify(mcpReq.inputResponses?.['client_roots']))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } }),
  )

  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state'])
    server.registerTool(name, { description: 'Asks, and wants its own state back.' }, async ({ mcpReq }) =>
      mcpReq.requestState() !== undefined && answered(mcpReq.inputResponses, 'confirm')
        ? textResult('state-ok')
        : inputRequired({ inputRequests: confirm(), requestState: await askingCodec.mint({ step: 1 }) }),
    )

  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks thrice.' },
    async ({ mcpReq }) =>
      ['user_name', 'greeting', 'client_roots'].every((key) => answered(mcpReq.inputResponses, key))
        ? textResult('Heard all three.')
        : inputRequired({
            inputRequests: {
              ...askName(),
              greeting: sample('Generate a greeting', 50),
              client_roots: inputRequired.listRoots(),
            },
            requestState: await askingCodec.mint({ step: 1 }),
          }),
  )

  server.registerTool('test_input_required_result_multi_round', { description: 'Asks twice.' }, async ({ mcpReq }) => {
    const step = mcpReq.requestState<{ step: number }>()?.step ?? 0
    if (step === 2 && answered(mcpReq.inputResponses, 'step2')) return textResult('Both rounds are done.')
    const inputRequests: InputRequests =
      step === 1 && answered(mcpReq.inputResponses, 'step1')
        ? { step2: askFor('Step 2: What is your favorite color?', 'color') }
        : { step1: askFor('Step 1: What is your name?', 'name') }
    return inputRequired({
      inputRequests,
      requestState: await askingCodec.mint({ step: 'step2' in inputRequests ? 2 : 1 }),
    })
  })

  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks only for what the client can do.' },
    ({ mcpReq }) => {
      const { [CLIENT_CAPABILITIES_META_KEY]: can } = envelope.parse(mcpReq.envelope)
      return inputRequired({
        inputRequests: {
          ...(can.sampling === undefined ? {} : { greeting: sample('Generate a greeting', 50) }),
          ...(can.elicitation === undefined ? {} : askName()),
        },
      })
    },
  )

  // The SDK refuses what the client did not declare.
  server.registerTool('test_missing_capability', { description: 'Needs a client that samples.' }, () =>
    inputRequired({ inputRequests: { greeting: sample('Generate a greeting', 50) } }),
  )
  server.registerTool('test_streaming_elicitation', { description: 'Asks in the result.' }, () =>
    inputRequired({ inputRequests: askName() }),
  )

  // Of the 2025 era, where asking means a request to the client.
  server.registerTool(
    'test_sampling',
    { description: 'Asks a model.', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }) => inputRequired({ inputRequests: { sample: sample(prompt, 100) } }),
  )
  server.registerTool(
    'test_elicitation',
    { description: 'Asks a person.', inputSchema: z.object({ message: z.string() }) },
    ({ message }) => inputRequired({ inputRequests: { ask: askFor(message, 'username', 'email') } }),
  )
}
