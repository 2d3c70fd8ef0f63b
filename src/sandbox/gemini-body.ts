import { z } from 'zod'
import { anyJson, anyObject } from './read-body.ts'

/** The request bodies of Gemini's wire. Unknown fields are refused, as the vendor does. */

const anything = anyJson.optional()
const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'base64 was expected')

/** What a part is; it is exactly one of them. */
const data = {
  text: z.string().optional(),
  inlineData: z.strictObject({ mimeType: z.string().min(1), data: base64.min(1) }).optional(),
  fileData: z.strictObject({ fileUri: z.string().min(1), mimeType: z.string().optional() }).optional(),
  functionCall: z
    .strictObject({ id: z.string().optional(), name: z.string().min(1), args: anyObject.optional() })
    .optional(),
  functionResponse: z
    .strictObject({
      id: z.string().optional(),
      name: z.string().min(1),
      response: anyObject,
      parts: z.array(anyObject).optional(),
    })
    .optional(),
}

const part = z
  .strictObject({
    ...data,
    thought: z.boolean().optional(),
    thoughtSignature: base64.optional(),
    mediaResolution: anything,
    videoMetadata: anything,
  })
  .refine((fields) => Object.keys(fields).filter((name) => name in data).length === 1, 'a part has one kind of data')
export type GeminiPart = z.infer<typeof part>

const content = z.strictObject({ role: z.enum(['user', 'model']).optional(), parts: z.array(part).min(1) })
export type GeminiContent = z.infer<typeof content>

const functionDeclaration = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][\w.:-]{0,127}$/, 'a name begins with a letter or an underscore'),
  description: z.string().optional(),
  parameters: anyObject.optional(),
  parametersJsonSchema: anyObject.optional(),
  response: anything,
  responseJsonSchema: anything,
  behavior: anything,
})

const thinkingConfig = z.strictObject({
  includeThoughts: z.boolean().optional(),
  thinkingBudget: z.int().min(-1).max(32_768).optional(),
  thinkingLevel: z.enum(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']).optional(),
})

const generationConfig = z.strictObject({
  candidateCount: z.int().min(1).max(8).optional(),
  maxOutputTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.number().min(0).optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  seed: z.int32().optional(),
  stopSequences: z.array(z.string().min(1)).max(5).optional(),
  responseMimeType: z.enum(['text/plain', 'application/json']).optional(),
  responseSchema: anyObject.optional(),
  responseJsonSchema: anyObject.optional(),
  responseModalities: z.array(z.string()).optional(),
  responseLogprobs: z.boolean().optional(),
  logprobs: z.int().min(0).max(20).optional(),
  thinkingConfig: thinkingConfig.optional(),
  mediaResolution: anything,
  speechConfig: anything,
})

export const geminiBody = z.strictObject({
  contents: z.array(content).min(1),
  systemInstruction: content.optional(),
  tools: z.array(z.looseObject({ functionDeclarations: z.array(functionDeclaration).optional() })).optional(),
  toolConfig: z
    .looseObject({
      functionCallingConfig: z
        .strictObject({
          mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED']).optional(),
          allowedFunctionNames: z.array(z.string()).optional(),
        })
        .optional(),
    })
    .optional(),
  generationConfig: generationConfig.optional(),
  // Taken and not looked at.
  model: anything,
  safetySettings: anything,
  cachedContent: anything,
  labels: anything,
  serviceTier: anything,
  store: anything,
})
export type GeminiBody = z.infer<typeof geminiBody>

/** `countTokens` takes the conversation alone, or a whole request to be counted. */
export const countTokensBody = z.union([
  z.strictObject({ generateContentRequest: geminiBody }).transform((body) => body.generateContentRequest),
  geminiBody,
])
