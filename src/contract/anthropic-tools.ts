import { z } from 'zod'
import type { Note } from './anthropic-parts.ts'
import { invalid, json, jsonObject, read, readFields, unread } from './border.ts'
import type { ChatRequest, Tool, ToolChoice } from './chat.ts'

const list = z.array(z.unknown())
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, underscores or dashes.')
const toolKind = z.object({ type: z.string().nullish(), name: unread })
const tool = z
  .object({
    type: unread,
    name: toolName,
    description: z.string().optional(),
    input_schema: z
      .object({ type: z.literal('object', 'must be "object": the arguments of a tool are one.').optional() })
      .catchall(json),
    strict: z.boolean().optional(),
    cache_control: jsonObject.optional(),
  })
  .catchall(json)

const choice = z.object({
  type: z.enum(['auto', 'any', 'tool', 'none']),
  disable_parallel_tool_use: z.boolean().optional(),
  name: unread,
})
const named = z.object({ name: toolName })

type ToolFields = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>

/**
 * Reads Anthropic's `tools` and `tool_choice`. Only tools that the caller runs are taken: those that Anthropic's servers
 * run, or whose schema only Anthropic's models know, are refused by name.
 * @throws GatewayError invalid_request
 */
export const readToolFields = (given: { tools: unknown; tool_choice: unknown }, note: Note): ToolFields => {
  const tools = read(list, given.tools ?? [], 'tools').map((entry, index) => readTool(entry, `tools[${index}]`, note))
  if (given.tool_choice === undefined || given.tool_choice === null) return { tools }
  const wanted = readFields(choice, given.tool_choice, 'tool_choice')
  const toolChoice = readChoice(wanted, tools)
  const isOneByOne = wanted.disable_parallel_tool_use === true && tools.length > 0 && wanted.type !== 'none'
  return { tools, toolChoice, parallelToolCalls: isOneByOne ? false : undefined }
}

const readTool = (entry: unknown, at: string, note: Note): Tool => {
  const { type, name: called } = read(toolKind, entry, at)
  if (type && type !== 'custom') {
    const title = typeof called === 'string' ? ` "${called.slice(0, 64)}"` : ''
    throw invalid(
      `${at}.type`,
      `makes the tool${title} one of Anthropic's own (${type.slice(0, 64)}), which no other model has: describe a tool of yours with "input_schema", or leave it out.`,
    )
  }
  const given = readFields(tool, entry, at)
  const {
    type: _type,
    name,
    description,
    input_schema: parameters,
    strict,
    cache_control: cacheControl,
    ...rest
  } = given
  for (const [field, value] of Object.entries(rest))
    if (value !== false)
      note(`${at}.${field.slice(0, 64)}`, `The gateway does not carry "${field.slice(0, 64)}" of a tool.`)
  const { type: schemaType = 'object', ...schema } = parameters
  return { name, description, parameters: { type: schemaType, ...schema }, strict, cacheControl }
}

/** Without tools there is nothing to choose: what asks for nothing is dropped, the rest refused. */
const readChoice = (wanted: z.infer<typeof choice>, tools: readonly Tool[]): ToolChoice | undefined => {
  const isFree = wanted.type === 'auto' || wanted.type === 'none'
  if (tools.length === 0 && !isFree) throw invalid('tool_choice', 'asks for a tool, but "tools" is empty.')
  switch (wanted.type) {
    case 'auto':
    case 'none':
      return tools.length === 0 ? undefined : wanted.type
    case 'any':
      return 'required'
    case 'tool': {
      const { name } = read(named, wanted, 'tool_choice')
      if (!tools.some((offered) => offered.name === name))
        throw invalid('tool_choice.name', `is "${name}", which is not among "tools".`)
      return { name }
    }
  }
}
