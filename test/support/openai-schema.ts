import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { z } from 'zod'
import type { Json, JsonObject } from '../../src/contract/json.ts'

const file = resolve(import.meta.dirname, '../../../shared/data/openai-openapi.json')

/** Whether OpenAI's published API description is at hand; tests that need it skip aloud where it is not. */
export const openaiSchemaAvailable = existsSync(file)

/** What is wrong with a `chat.completion`, by OpenAI's description of it; empty when nothing is. */
export const validateChatReply = (value: unknown): readonly string[] => validate('CreateChatCompletionResponse', value)

/** What is wrong with the data of one `chat.completion.chunk`. */
export const validateChunk = (value: unknown): readonly string[] =>
  validate('CreateChatCompletionStreamResponse', value)

/** What is wrong with a request for a chat completion. */
export const validateChatRequest = (value: unknown): readonly string[] => validate('CreateChatCompletionRequest', value)

/** What is wrong with a request for embeddings. */
export const validateEmbeddingRequest = (value: unknown): readonly string[] => validate('CreateEmbeddingRequest', value)

/** What is wrong with the answer to `POST /v1/embeddings`; the description knows vectors as lists of numbers only. */
export const validateEmbeddings = (value: unknown): readonly string[] => validate('CreateEmbeddingResponse', value)

/** What is wrong with a `response`. */
export const validateResponse = (value: unknown): readonly string[] => validate('Response', value)

/** What is wrong with one event of a Responses stream. */
export const validateResponseEvent = (value: unknown): readonly string[] => {
  const type = z.object({ type: z.string() }).safeParse(value).data?.type
  const schema = type === undefined ? undefined : eventSchemas().get(type)
  return schema === undefined ? [`/type is no event's: ${String(type)}`] : validate(schema, value)
}

/** What is wrong with a request for a response. */
export const validateResponseRequest = (value: unknown): readonly string[] => validate('CreateResponse', value)

/** What is wrong with a `text_completion`. */
export const validateCompletion = (value: unknown): readonly string[] => validate('CreateCompletionResponse', value)

/** What is wrong with a request for a `text_completion`. */
export const validateCompletionRequest = (value: unknown): readonly string[] =>
  validate('CreateCompletionRequest', value)

/** What is wrong with the answer to `GET /v1/models`. */
export const validateModelList = (value: unknown): readonly string[] => validate('ListModelsResponse', value)

/** What is wrong with the answer to `GET /v1/models/{id}`. */
export const validateModel = (value: unknown): readonly string[] => validate('Model', value)

/** What is wrong with an error's body. */
export const validateError = (value: unknown): readonly string[] => validate('ErrorResponse', value)

/** One of its schemas, rewritten to plain JSON Schema; references lead to others of its name. */
export const describedSchema = (name: string): JsonObject => {
  described ??= z
    .object({ components: z.object({ schemas: z.record(z.string(), z.custom<JsonObject>()) }) })
    .parse(rewriteNullable(read())).components.schemas
  const schema = described[name]
  if (schema === undefined) throw new Error(`OpenAI describes no ${name}.`)
  return schema
}
let described: Record<string, JsonObject> | undefined

/** The names of an object's fields, those of the schemas that it is put together from among them. */
export const describedFields = (name: string): string[] => [...new Set(fieldsOf(describedSchema(name)))]

const fieldsOf = ({ properties, allOf, anyOf, $ref }: JsonObject): string[] => [
  ...(typeof $ref === 'string' ? describedFields($ref.split('/').at(-1) ?? '') : []),
  ...[allOf, anyOf].flatMap((parts) =>
    Array.isArray(parts) ? parts.flatMap((part) => (isObject(part) ? fieldsOf(part) : [])) : [],
  ),
  ...(isObject(properties) ? Object.keys(properties) : []),
]

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema of each event of a Responses stream by its type: against all of them at once a fault would be one of fifty. */
const eventSchemas = (): ReadonlyMap<string, string> => {
  events ??= new Map(
    z
      .array(z.object({ $ref: z.string() }))
      .parse(describedSchema('ResponseStreamEvent')['anyOf'])
      .map(({ $ref }) => {
        const name = $ref.split('/').at(-1) ?? ''
        const { type } = eventType.parse(describedSchema(name)).properties
        return [type.enum[0], name] as const
      }),
  )
  return events
}
let events: Map<string, string> | undefined
const eventType = z.object({ properties: z.object({ type: z.object({ enum: z.tuple([z.string()]) }) }) })

const compiled = new Map<string, ValidateFunction>()
let ajv: Ajv2020 | null = null

const validate = (schema: string, value: unknown): readonly string[] => {
  ajv ??= loadDescription()
  const check = compiled.get(schema) ?? ajv.compile({ $ref: `openai.json#/components/schemas/${schema}` })
  compiled.set(schema, check)
  if (check(value)) return []
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message ?? 'is wrong'}`)
}

const loadDescription = (): Ajv2020 => {
  const instance = new Ajv2020({ strict: false, allErrors: true, validateFormats: true })
  ajvFormats.default(instance)
  instance.addFormat('unixtime', { type: 'number', validate: Number.isInteger })
  // Not a schema itself, only the place that references lead to.
  return instance.addSchema({ $id: 'openai.json', ...rewriteNullable(read()) }, undefined, undefined, false)
}

const read = (): unknown => JSON.parse(readFileSync(file, 'utf8'))

/**
 * The description is OpenAPI 3.1 and still says `nullable: true` in places, as 3.0 did, which JSON Schema 2020-12 does not
 * know: such a schema becomes "this, or null".
 */
const rewriteNullable = (node: unknown): Record<string, unknown> => {
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite)
    if (typeof value !== 'object' || value === null) return value
    const { nullable, ...rest }: Record<string, unknown> = Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, rewrite(child)]),
    )
    if (typeof nullable !== 'boolean') return nullable === undefined ? rest : { ...rest, nullable }
    return nullable ? { anyOf: [rest, { type: 'null' }] } : rest
  }
  const rewritten = rewrite(node)
  return typeof rewritten === 'object' && rewritten !== null ? { ...rewritten } : {}
}
