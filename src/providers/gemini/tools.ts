import type { ChatRequest, ToolChoice } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import type { UpstreamCall } from '../../contract/provider.ts'
import { compact } from '../shape.ts'
import type { Warn } from '../warn.ts'
import { sanitiseSchema } from './schema.ts'

/** Tools and what is to be done with them. */
export const writeTools = ({ request, card }: UpstreamCall, warn: Warn): JsonObject => {
  const { tools, parallelToolCalls } = request
  if (tools.length === 0) return {}
  if (parallelToolCalls === false)
    warn('dropped_parameter', 'parallel_tool_calls', `${card.id} decides itself whether it calls tools in parallel.`)
  const dropped = new Set<string>()
  const functionDeclarations = tools.map(({ name, description, parameters }) =>
    compact({
      name,
      description,
      parametersJsonSchema: parameters && sanitiseSchema(parameters, dropped),
    }),
  )
  warnAboutKeywords('tools', dropped, card.id, warn)
  const functionCallingConfig = writeChoice(request)
  return {
    tools: [{ functionDeclarations }],
    ...(functionCallingConfig ? { toolConfig: { functionCallingConfig } } : {}),
  }
}

const writeChoice = ({ toolChoice, tools }: ChatRequest): JsonObject | null => {
  const config = toolChoice === undefined ? null : configOf(toolChoice)
  const isFree = config === null || config.mode === 'AUTO'
  // The mode in which arguments are held to their schema and a call remains the model's choice.
  return isFree && tools.some(({ strict }) => strict) ? { mode: 'VALIDATED' } : config
}

const configOf = (choice: ToolChoice): JsonObject => {
  if (typeof choice === 'object') return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  switch (choice) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
  }
}

/** How JSON is asked for: fields of `generationConfig`, and words where they are not taken. */
export const writeFormat = (
  { request, card, row }: UpstreamCall,
  warn: Warn,
): { fields: JsonObject; instruction?: string } => {
  const { responseFormat: format, toolChoice, tools } = request
  // A caller who names a tool gets a call, which no format applies to.
  if (format === undefined || format.type === 'text' || typeof toolChoice === 'object') return { fields: {} }
  const isTaken = tools.length === 0 || card.wire.jsonWithTools !== false
  const asJson: JsonObject = isTaken ? { responseMimeType: 'application/json' } : {}
  if (format.type === 'json_object') {
    if (isTaken) return { fields: asJson }
    warn('changed_parameter', 'response_format', `${card.id} has no JSON mode beside tools: it was told in words.`)
    return { fields: {}, instruction: 'Answer with one JSON object and nothing else.' }
  }

  if (isTaken && card.wire.jsonSchema && row.wire.jsonSchema) {
    const dropped = new Set<string>()
    const responseJsonSchema = sanitiseSchema(format.schema, dropped)
    warnAboutKeywords('response_format', dropped, card.id, warn)
    return { fields: { ...asJson, responseJsonSchema } }
  }
  warn('changed_parameter', 'response_format', `${card.id} takes no JSON schema here: it was told the schema in words.`)
  const told = JSON.stringify(format.schema)
  return {
    fields: asJson,
    instruction: `Answer with one JSON value that fits this JSON schema, and nothing else:\n${told}`,
  }
}

const warnAboutKeywords = (param: string, dropped: ReadonlySet<string>, model: string, warn: Warn): void => {
  if (dropped.size === 0) return
  const names = [...dropped].toSorted().join(', ')
  warn('changed_parameter', param, `${model} does not read these JSON schema keywords, left out: ${names}.`)
}
