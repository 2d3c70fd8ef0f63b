import type { ContentPart, Effort, Message, ReasoningBlock, ToolChoice } from '../contract/chat.ts'
import type { JsonObject } from '../contract/json.ts'
import type { GeminiBody, GeminiContent, GeminiPart } from './gemini-body.ts'
import { signThought } from './gemini-reply.ts'
import type { Prompt } from './prompt.ts'
import { Refused } from './wire.ts'

/**
 * What a `generateContent` body asks for.
 * @throws Refused for what the schema cannot say: results out of place, missing or changed signatures, …
 */
export const geminiPrompt = (model: string, body: GeminiBody): Prompt => {
  const declared = (body.tools ?? []).flatMap(({ functionDeclarations = [] }) => functionDeclarations)
  const config = body.generationConfig ?? {}
  const budget = config.thinkingConfig?.thinkingBudget
  checkFields(body, declared)
  checkTurns(body.contents)
  checkSignatures(model, body.contents)
  return {
    model,
    messages: [
      ...(body.systemInstruction
        ? [{ role: 'system', content: readTexts(body.systemInstruction.parts) } as const]
        : []),
      ...readContents(body.contents),
    ],
    tools: declared.map(({ name, description, parameters, parametersJsonSchema }) => ({
      name,
      description,
      parameters: parametersJsonSchema ?? parameters,
    })),
    toolChoice: readToolChoice(body),
    parallelToolCalls: true,
    format: readFormat(config),
    maxOutputTokens: config.maxOutputTokens ?? null,
    stop: config.stopSequences ?? [],
    choices: config.candidateCount ?? 1,
    seed: config.seed ?? 0,
    effort: readEffort(config),
    reasoningTokens: budget === undefined || budget < 0 ? null : budget,
  }
}

type Declaration = NonNullable<NonNullable<GeminiBody['tools']>[number]['functionDeclarations']>[number]
type GenerationConfig = NonNullable<GeminiBody['generationConfig']>

const refuse = (message: string): Refused => new Refused({ status: 400, message })

const checkFields = (body: GeminiBody, declared: readonly Declaration[]): void => {
  const { responseMimeType, responseSchema, responseJsonSchema, logprobs, responseLogprobs } =
    body.generationConfig ?? {}
  if (responseSchema && responseJsonSchema) throw refuse('Set `response_schema` or `response_json_schema`, not both.')
  if ((responseSchema ?? responseJsonSchema) && responseMimeType !== 'application/json')
    throw refuse('A response schema needs the response mime type "application/json".')
  if (logprobs !== undefined && responseLogprobs !== true) throw refuse('`logprobs` needs `response_logprobs`.')
  if (declared.some(({ parameters, parametersJsonSchema }) => parameters && parametersJsonSchema))
    throw refuse('Set `parameters` or `parameters_json_schema`, not both.')
  const { mode = 'AUTO', allowedFunctionNames = [] } = body.toolConfig?.functionCallingConfig ?? {}
  if (allowedFunctionNames.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED')
    throw refuse('Allowed function names may only be given in the modes ANY and VALIDATED.')
  for (const name of allowedFunctionNames)
    if (!declared.some((tool) => tool.name === name)) throw refuse(`The allowed function \`${name}\` is not declared.`)
}

/** Calls follow what the user said, and as many results as there were calls follow them at once. */
const checkTurns = (contents: readonly GeminiContent[]): void => {
  for (const [index, { role = 'user', parts }] of contents.entries()) {
    const before = contents[index - 1]
    const calls = parts.filter((part) => part.functionCall).length
    if (calls > 0 && (role !== 'model' || (before?.role ?? 'user') !== 'user' || !before))
      throw refuse('A function call turn must come right after a user turn or a function response turn.')
    const results = parts.filter((part) => part.functionResponse).length
    const called = before?.parts.filter((part) => part.functionCall).length ?? 0
    if (results !== called)
      throw refuse('The number of function response parts must equal the number of function call parts before them.')
  }
  if (contents.at(-1)?.parts.some((part) => part.functionCall))
    throw refuse('A function call turn must be followed by its function responses.')
}

/** Anybody may use it for a call that another model made. */
const placeholder = Buffer.from('skip_thought_signature_validator').toString('base64')

/** From Gemini 3 on the first call of each step since the user last spoke must be signed; a signature must be right. */
const checkSignatures = (model: string, contents: readonly GeminiContent[]): void => {
  const isStrict = /^gemini-(?:[3-9]|\d\d)/.test(model)
  const turnBegins = contents.findLastIndex(
    ({ role = 'user', parts }) => role === 'user' && !parts.some((part) => part.functionResponse),
  )
  for (const [index, { parts }] of contents.entries()) {
    const [first] = parts.filter((part) => part.functionCall)
    if (isStrict && index > turnBegins && first && first.thoughtSignature === undefined)
      throw refuse(`Function call \`${first.functionCall?.name}\` is missing a \`thought_signature\`.`)
    for (const part of parts)
      if (part.thoughtSignature !== undefined && !isRight(part)) throw refuse('Thought signature is not valid.')
  }
}

const isRight = ({ thoughtSignature, functionCall }: GeminiPart): boolean =>
  thoughtSignature === placeholder || thoughtSignature === signThought(functionCall?.name ?? '')

const readContents = (contents: readonly GeminiContent[]): Message[] => {
  let ids: string[] = []
  return contents.flatMap(({ role = 'user', parts }, turn): Message[] => {
    if (role === 'model') {
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      ids = calls.map(({ id }, index) => id ?? `${turn}.${index}`)
      const toolCalls = calls.map(({ name, args }, index) => ({
        id: ids[index] ?? '',
        name,
        argumentsJson: JSON.stringify(args ?? {}),
      }))
      return [{ role: 'assistant', content: readTexts(parts), reasoning: readThoughts(parts), toolCalls }]
    }
    const results = parts.flatMap(({ functionResponse }) => functionResponse ?? [])
    const rest = parts.filter(({ functionResponse }) => !functionResponse)
    return [
      ...results.map(({ id, response }, index): Message => ({
        role: 'tool',
        toolCallId: id ?? ids[index] ?? '',
        content: [{ type: 'text', text: readResult(response) }],
        isError: 'error' in response,
      })),
      ...(rest.length > 0 ? [{ role: 'user', content: rest.flatMap(readPart) } as const] : []),
    ]
  })
}

const readTexts = (parts: readonly GeminiPart[]) =>
  parts.flatMap(({ text, thought }) => (text === undefined || thought ? [] : [{ type: 'text' as const, text }]))

const readThoughts = (parts: readonly GeminiPart[]): ReasoningBlock[] =>
  parts.flatMap(({ text, thought, thoughtSignature }) =>
    thought && text !== undefined ? [{ kind: 'text' as const, text, signature: thoughtSignature }] : [],
  )

const readResult = (response: JsonObject): string => {
  const said = response['output'] ?? response['error']
  return typeof said === 'string' ? said : JSON.stringify(response)
}

const readPart = ({ text, inlineData, fileData }: GeminiPart): ContentPart[] => {
  if (text !== undefined) return [{ type: 'text', text }]
  if (fileData) return [{ type: 'image', source: { kind: 'url', url: fileData.fileUri } }]
  if (!inlineData) return []
  const { mimeType, data } = inlineData
  return mimeType.startsWith('image/')
    ? [{ type: 'image', source: { kind: 'base64', mediaType: mimeType, data } }]
    : [{ type: 'native', value: { mimeType, data } }]
}

const readToolChoice = ({ toolConfig }: GeminiBody): ToolChoice => {
  const { mode = 'AUTO', allowedFunctionNames = [] } = toolConfig?.functionCallingConfig ?? {}
  const [only] = allowedFunctionNames
  switch (mode) {
    case 'ANY':
      return only !== undefined && allowedFunctionNames.length === 1 ? { name: only } : 'required'
    case 'NONE':
      return 'none'
    case 'AUTO':
    case 'VALIDATED':
      return 'auto'
  }
}

const readFormat = ({ responseMimeType, responseSchema, responseJsonSchema }: GenerationConfig): Prompt['format'] => {
  if (responseMimeType !== 'application/json') return { type: 'text' }
  const schema = responseJsonSchema ?? responseSchema
  return schema ? { type: 'json_schema', name: 'response', schema } : { type: 'json_object' }
}

const levels: Readonly<Record<'MINIMAL' | 'LOW' | 'MEDIUM' | 'HIGH', Effort>> = {
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
}

const readEffort = ({ thinkingConfig }: GenerationConfig): Effort => {
  if (thinkingConfig?.thinkingLevel) return levels[thinkingConfig.thinkingLevel]
  return thinkingConfig?.thinkingBudget === undefined || thinkingConfig.thinkingBudget === 0 ? 'none' : 'high'
}
