import { z } from 'zod'
import { invalid, jsonObject, read, readFields, unread } from './border.ts'
import type { ResponseFormat, Tool, ToolChoice, Warning } from './chat.ts'
import { checkChoice, functionName, functionObject, jsonSchema } from './openai-tools.ts'

const list = z.array(z.unknown())
const kind = z.object({
  type: z.literal(
    'function',
    'must be "function": tools that run at a provider are not taken; describe it as a function.',
  ),
})
const tool = functionObject.extend({
  cache_control: jsonObject.optional(),
  output_schema: unread,
  defer_loading: z.literal(false, 'must be false: the gateway has no search for tools.').optional(),
  allowed_callers: z
    .array(z.literal('direct', 'must be "direct": functions are called by the model alone.'))
    .optional(),
})

/**
 * Reads `tools`; null and unset mean none. This wire has no object within a tool.
 * @throws GatewayError invalid_request
 */
export const readFlatTools = (value: unknown, param: string): { tools: Tool[]; warnings: Warning[] } => {
  const warnings: Warning[] = []
  const tools = read(list, value ?? [], param).map((entry, index): Tool => {
    const at = `${param}[${index}]`
    read(kind, entry, at)
    const {
      cache_control: cacheControl,
      output_schema: output,
      name,
      description,
      parameters,
      strict,
    } = readFields(tool, entry, at)
    if (output !== undefined)
      warnings.push({
        code: 'dropped_parameter',
        param: `${at}.output_schema`,
        message: 'What a function returns is not told to models.',
      })
    return { name, description, parameters, strict, cacheControl }
  })
  return { tools, warnings }
}

const choice = z.object({
  type: z.enum(
    ['function', 'allowed_tools'],
    'must be "function" or "allowed_tools": tools that run at a provider are not taken.',
  ),
})
const namedChoice = z.object({ name: functionName })
const allowedTools = z.object({ mode: z.enum(['auto', 'required']), tools: list })

/**
 * Reads `tool_choice`: a mode, one function, or some of them, which are then all that the model is offered.
 * @throws GatewayError invalid_request
 */
export const readFlatChoice = (
  value: unknown,
  param: string,
  tools: Tool[],
): { offered: Tool[]; toolChoice: ToolChoice | undefined } => {
  const check = (chosen: ToolChoice, offered = tools) => ({ offered, toolChoice: checkChoice(chosen, param, tools) })
  if (value === undefined || value === null) return { offered: tools, toolChoice: undefined }
  if (value === 'auto' || value === 'none' || value === 'required') return check(value)
  if (typeof value !== 'object')
    throw invalid(param, 'must be "auto", "none", "required" or {"type": "function", "name": …}.')
  if (read(choice, value, param).type === 'function') return check({ name: read(namedChoice, value, param).name })
  const { mode, tools: allowed } = read(allowedTools, value, param)
  const names = new Set(
    allowed.map((entry, index) => {
      const at = `${param}.tools[${index}]`
      read(kind, entry, at)
      const { name } = read(namedChoice, entry, at)
      checkChoice({ name }, at, tools)
      return name
    }),
  )
  if (names.size === 0) throw invalid(`${param}.tools`, 'must not be empty.')
  return check(
    mode,
    tools.filter(({ name }) => names.has(name)),
  )
}

const formatType = z.object({ type: z.enum(['text', 'json_object', 'json_schema']) })

/**
 * Reads `text.format`, where the schema stands beside its type.
 * @throws GatewayError invalid_request
 */
export const readTextFormat = (value: unknown, param: string): ResponseFormat | undefined => {
  if (value === undefined || value === null) return undefined
  const { type } = read(formatType, value, param)
  return type === 'json_schema' ? { type, ...readFields(jsonSchema, value, param) } : { type }
}
