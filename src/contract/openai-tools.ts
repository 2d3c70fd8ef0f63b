import { z } from 'zod'
import { invalid, jsonObject, read, readFields, unread } from './border.ts'
import type { ResponseFormat, Tool, ToolChoice } from './chat.ts'

const list = z.array(z.unknown())

/** 128: the longest that any provider takes (Anthropic); OpenAI's own 64 is left to OpenAI. */
export const functionName = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]{1,128}$/, 'must be 1 to 128 letters, digits, underscores, dots or dashes.')
export const functionObject = z.object({
  name: functionName,
  description: z.string().optional(),
  parameters: jsonObject.optional(),
  strict: z.boolean().optional(),
})
const toolType = z.object({ type: z.literal('function', 'must be "function": other kinds of tools are not taken.') })
const tool = z.object({ function: unread, cache_control: jsonObject.optional() })
const namedChoice = z.object({ function: z.object({ name: functionName }) })

/**
 * Reads `tools`; null and unset mean none.
 * @throws GatewayError invalid_request
 */
export const readTools = (value: unknown, param: string): Tool[] =>
  read(list, value ?? [], param).map((entry, index) => {
    const at = `${param}[${index}]`
    read(toolType, entry, at)
    const { function: described, cache_control: cacheControl } = readFields(tool, entry, at)
    return { ...readFields(functionObject, described, `${at}.function`), cacheControl }
  })

/** Reads the old `functions` field. */
export const readFunctions = (value: unknown, param: string): Tool[] =>
  read(list, value ?? [], param).map((entry, index) => readFields(functionObject, entry, `${param}[${index}]`))

/**
 * Reads `tool_choice`: a mode, or one function by name, which must be among `tools`. Without tools there is nothing to
 * choose: the modes that ask for nothing are dropped, the others refused.
 * @throws GatewayError invalid_request
 */
export const readToolChoice = (value: unknown, param: string, tools: readonly Tool[]): ToolChoice | undefined =>
  checkChoice(readChoice(value, param), param, tools)

/** What can be chosen, or a refusal. */
export const checkChoice = (
  choice: ToolChoice | undefined,
  param: string,
  tools: readonly Tool[],
): ToolChoice | undefined => {
  if (choice === undefined) return undefined
  if (tools.length === 0) {
    if (choice === 'auto' || choice === 'none') return undefined
    throw invalid(param, 'asks for a tool, but "tools" is empty.')
  }
  if (typeof choice === 'object' && !tools.some((offered) => offered.name === choice.name))
    throw invalid(param, `names the function "${choice.name}", which is not among "tools".`)
  return choice
}

const readChoice = (value: unknown, param: string): ToolChoice | undefined => {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return value
  if (typeof value !== 'object')
    throw invalid(param, 'must be "auto", "none", "required" or {"type": "function", "function": {"name": …}}.')
  read(toolType, value, param)
  return { name: read(namedChoice, value, param).function.name }
}

/** Reads the old `function_call` field: a mode, or `{ name }`. */
export const readFunctionCall = (value: unknown, param: string, tools: readonly Tool[]): ToolChoice | undefined =>
  typeof value === 'object' && value !== null
    ? readToolChoice({ type: 'function', function: value }, param, tools)
    : readToolChoice(value, param, tools)

const formatType = z.object({ type: z.enum(['text', 'json_object', 'json_schema']) })
const schemaFormat = z.object({ json_schema: unread })
export const jsonSchema = z.object({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, underscores or dashes.'),
  description: z.string().optional(),
  schema: jsonObject,
  strict: z.boolean().optional(),
})

/**
 * Reads `response_format`.
 * @throws GatewayError invalid_request
 */
export const readResponseFormat = (value: unknown, param: string): ResponseFormat | undefined => {
  if (value === undefined || value === null) return undefined
  const { type } = read(formatType, value, param)
  if (type !== 'json_schema') return { type }
  const { json_schema: described } = read(schemaFormat, value, param)
  return { type, ...readFields(jsonSchema, described, `${param}.json_schema`) }
}
