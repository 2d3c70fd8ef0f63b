import type { ChatRequest, Tool, ToolChoice } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { UpstreamCall } from '../../contract/provider.ts'
import { compact, objectOf } from '../shape.ts'
import type { Warn } from '../warn.ts'

/** How an answer that must fit a JSON schema is asked for. */
type FormatPlan =
  | { by: 'nothing' }
  /** `output_config.format`. */
  | { by: 'schema'; schema: JsonObject }
  /** A tool that the model must call; its arguments are the answer. */
  | { by: 'tool'; tool: JsonObject; name: string }
  /** Words in the system text. */
  | { by: 'words'; instruction: string }

export const planFormat = ({ request, card, row }: UpstreamCall, warn: Warn): FormatPlan => {
  const format = request.responseFormat
  // A caller who names a tool gets a call, which no format applies to.
  if (format === undefined || format.type === 'text' || typeof request.toolChoice === 'object') return { by: 'nothing' }
  if (format.type === 'json_object') {
    warn('changed_parameter', 'response_format', `${card.id} has no JSON mode: it was told in words.`)
    return { by: 'words', instruction: 'Answer with one JSON object and nothing else.' }
  }
  const { schema, description } = format
  if (card.wire.jsonSchema && row.wire.jsonSchema) return { by: 'schema', schema }
  if ((schema.type ?? 'object') !== 'object') {
    warn('changed_parameter', 'response_format', `${card.id} takes schemas of objects only: it was told in words.`)
    const told = JSON.stringify(schema)
    return {
      by: 'words',
      instruction: `Answer with one JSON value that fits this JSON schema, and nothing else:\n${told}`,
    }
  }
  const name = freeName(format.name, request.tools)
  const how = description ?? 'Gives the answer. Call it once, with the whole answer.'
  return { by: 'tool', name, tool: { name, description: how, input_schema: withObjectType(schema) } }
}

const freeName = (wished: string, tools: readonly Tool[]): string => {
  let name = /^[a-zA-Z0-9_-]{1,64}$/.test(wished) ? wished : 'answer'
  while (tools.some((tool) => tool.name === name)) name += '_answer'
  return name
}

const withObjectType = (schema: JsonObject): JsonObject =>
  schema.type === undefined ? { ...schema, type: 'object' } : schema

/** Tools and what is to be done with them; `isForced`: the model must call one. */
export const writeTools = (
  { request, card }: UpstreamCall,
  format: FormatPlan,
  warn: Warn,
): { fields: JsonObject; isForced: boolean } => {
  const tools = request.tools.map((tool) => {
    const { name, description, parameters, strict, cacheControl } = tool
    if (strict && !card.wire.jsonSchema) warn('dropped_parameter', 'tools', `${card.id} does not take "strict" tools.`)
    return compact({
      name,
      description,
      input_schema: withObjectType(objectOf(parameters) ?? { properties: {} }),
      strict: strict && card.wire.jsonSchema ? true : undefined,
      cache_control: cacheControl,
    })
  })
  if (format.by === 'tool') tools.push(format.tool)
  if (tools.length === 0) return { fields: {}, isForced: false }

  const choice = writeChoice(request, format)
  const isParallelOff = request.parallelToolCalls === false && choice?.type !== 'none'
  const toolChoice = isParallelOff ? { type: 'auto', ...choice, disable_parallel_tool_use: true } : choice
  return {
    fields: compact({ tools, tool_choice: toolChoice }),
    isForced: choice?.type === 'any' || choice?.type === 'tool',
  }
}

const writeChoice = ({ toolChoice, tools }: ChatRequest, format: FormatPlan): JsonObject | undefined => {
  if (format.by === 'tool')
    return tools.length > 0 && toolChoice !== 'none'
      ? { type: 'any' }
      : { type: 'tool', name: format.name, disable_parallel_tool_use: true }
  return toolChoice === undefined ? undefined : choiceOf(toolChoice)
}

const choiceOf = (choice: ToolChoice): JsonObject => {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name }
  switch (choice) {
    case 'auto':
    case 'none':
      return { type: choice }
    case 'required':
      return { type: 'any' }
  }
}
