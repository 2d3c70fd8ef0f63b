import type { Tool } from '../contract/chat.ts'
import { fitSchema } from './fit-schema.ts'
import { contentWords, type Material } from './material.ts'
import { toolResults, type Prompt } from './prompt.ts'

const maxParallel = 4

interface PlannedCall {
  name: string
  argumentsJson: string
}

/**
 * The tools that the sandbox calls; empty when it answers in text. The rule:
 * - a forced tool is called, and with `required` some tool is, always;
 * - otherwise nothing is called after tool results, and before them every tool whose name or description shares a word
 *   with the user's text (the first alone where parallel calls are not allowed);
 * - one matching tool is called once for each name in the text, when there are several ("Paris and London") and it takes a
 *   string.
 */
export const callTools = (prompt: Prompt, material: Material): readonly PlannedCall[] => {
  const tools = chooseTools(prompt, material)
  const [only] = tools
  const { names } = material
  const topics = names.slice(0, maxParallel)
  if (only !== undefined && tools.length === 1 && prompt.parallelToolCalls && topics.length > 1 && takesOneName(only)) {
    return topics.map((topic) => plan(only, { ...material, names: [topic] }))
  }
  return tools.map((tool) => plan(tool, material))
}

const chooseTools = (
  { tools, toolChoice, parallelToolCalls, ...prompt }: Prompt,
  material: Material,
): readonly Tool[] => {
  if (toolChoice === 'none' || tools.length === 0) return []
  if (typeof toolChoice === 'object') return tools.filter(({ name }) => name === toolChoice.name).slice(0, 1)
  if (toolChoice === 'auto' && toolResults({ tools, toolChoice, parallelToolCalls, ...prompt }).length > 0) return []
  const words = stems(material.text)
  const matching = tools.filter(
    (tool) => stems(`${tool.name} ${tool.description ?? ''}`).isDisjointFrom(words) === false,
  )
  const chosen = matching.length === 0 && toolChoice === 'required' ? tools.slice(0, 1) : matching
  return chosen.slice(0, parallelToolCalls ? maxParallel : 1)
}

/** Words without plural and tense endings; `get_weatherReport` is three. */
const stems = (text: string): Set<string> => {
  const spaced = text.replaceAll(/[_-]/g, ' ').replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
  return new Set(contentWords(spaced).map((word) => (word.length > 4 ? word.replace(/(?:ing|ed|es|s)$/, '') : word)))
}

/** One string to fill, so that several names mean several calls: a route from Paris to London has two. */
const takesOneName = ({ parameters }: Tool): boolean => {
  const properties = parameters?.['properties']
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return false
  const open = Object.values(properties).filter(
    (property) =>
      typeof property === 'object' &&
      property !== null &&
      !Array.isArray(property) &&
      property['type'] === 'string' &&
      property['enum'] === undefined &&
      property['format'] === undefined,
  )
  return open.length === 1
}

const plan = (tool: Tool, material: Material): PlannedCall => ({
  name: tool.name,
  argumentsJson: JSON.stringify(
    tool.parameters === undefined ? {} : fitSchema({ type: 'object', ...tool.parameters }, material),
  ),
})
