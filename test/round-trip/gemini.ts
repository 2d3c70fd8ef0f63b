import { FunctionCallingConfigMode } from '@google/genai'
import type { Content, FunctionDeclaration, GenerationConfig, Part, ToolConfig } from '@google/genai'
import type { JsonObject } from '../../src/contract/json.ts'
import { createNumbers } from './meaning.ts'
import type { Meaning, Said } from './meaning.ts'

/** A body of `generateContent` in the types of Google's own SDK. */
export interface GeminiBody {
  contents: Content[]
  systemInstruction?: Content
  tools?: { functionDeclarations?: FunctionDeclaration[] }[]
  toolConfig?: ToolConfig
  generationConfig?: GenerationConfig
}

/** What a body of `generateContent` means. */
export const readGemini = (body: GeminiBody): Meaning => {
  const numbers = createNumbers()
  const config = body.generationConfig ?? {}
  return {
    system: (body.systemInstruction?.parts ?? []).map(({ text = '' }) => text),
    said: body.contents.flatMap(({ role, parts = [] }) =>
      parts.map((part) => readPart(part, role === 'model' ? 'model' : 'user', numbers)),
    ),
    tools: (body.tools ?? [])
      .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
      .map(({ name = '', description, parametersJsonSchema }) => ({
        name,
        description: description ?? null,
        schema: JSON.parse(JSON.stringify(parametersJsonSchema)),
      })),
    choice: readChoice(body.toolConfig),
    parallel: null,
    format: config.responseJsonSchema
      ? { name: null, schema: JSON.parse(JSON.stringify(config.responseJsonSchema)) }
      : null,
    maxTokens: config.maxOutputTokens ?? null,
    temperature: config.temperature ?? null,
    topP: config.topP ?? null,
    stop: config.stopSequences ?? [],
  }
}

const readChoice = (config: ToolConfig | undefined): Meaning['choice'] => {
  const { mode, allowedFunctionNames: [name] = [] } = config?.functionCallingConfig ?? {}
  switch (mode) {
    case FunctionCallingConfigMode.ANY:
      return name === undefined ? 'required' : { name }
    case FunctionCallingConfigMode.AUTO:
      return 'auto'
    case FunctionCallingConfigMode.NONE:
      return 'none'
    default:
      return null
  }
}

const readPart = (part: Part, by: 'user' | 'model', numbers: ReturnType<typeof createNumbers>): Said => {
  const { text, inlineData, fileData, functionCall, functionResponse } = part
  if (text !== undefined) return by === 'model' ? { by, text } : { by, text }
  if (fileData) return { by: 'user', picture: { url: fileData.fileUri ?? '' } }
  if (inlineData) {
    const { mimeType = '', data = '' } = inlineData
    return mimeType === 'application/pdf'
      ? { by: 'user', document: { name: null, data } }
      : { by: 'user', picture: { mediaType: mimeType, data } }
  }
  if (functionCall) {
    const values: JsonObject = JSON.parse(JSON.stringify(functionCall.args))
    return { by: 'model', calls: functionCall.name ?? '', with: values, nth: numbers.ofCall(functionCall.id ?? '') }
  }
  const { output, error } = functionResponse?.response ?? {}
  return {
    by: 'tool',
    answers: numbers.ofResult(functionResponse?.id ?? ''),
    text: String(output ?? error),
    failed: error !== undefined,
  }
}
