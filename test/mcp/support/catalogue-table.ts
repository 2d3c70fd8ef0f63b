import { countTokens } from 'gpt-tokenizer'

/** A tool as `tools/list` gives it. */
export interface ListedTool {
  name: string
  title: string
  description: string
  annotations: Readonly<Record<string, boolean>>
  inputSchema: { properties: Readonly<Record<string, unknown>>; required?: readonly string[] }
  outputSchema: Readonly<Record<string, unknown>>
}

const begin = '<!-- catalogue: written by `npm test -- test/mcp/catalogue.test.ts -u` -->'
const end = '<!-- /catalogue -->'
/** What the four annotations say, in words; `openWorldHint` is about whom a tool reaches. */
const traits: readonly [string, string][] = [
  ['readOnlyHint', 'reads'],
  ['destructiveHint', 'deletes'],
  ['idempotentHint', 'repeatable'],
  ['openWorldHint', 'open world'],
]

/** A page with the catalogue between its two comments as `list` has it. @throws Error where the comments are missing */
export const withCatalogue = (page: string, list: readonly ListedTool[]): string => {
  const [before, after] = [page.indexOf(begin), page.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`The page must have "${begin}" and, below it, "${end}".`)
  return `${page.slice(0, before + begin.length)}\n\n${renderCatalogue(list)}\n\n${page.slice(after)}`
}

/**
 * The tools with their arguments, annotations and cost, as Markdown. Tokens are o200k's of the JSON: `shown` of name,
 * description and input schema, which is what hosts put before a model; `all` of everything that the list carries.
 */
const renderCatalogue = (list: readonly ListedTool[]): string => {
  const costs = list.map((tool) => ({ tool, shown: tokensOf(shownOf(tool)), all: tokensOf(tool) }))
  const sum = (part: 'shown' | 'all'): string => thousands(costs.reduce((total, cost) => total + cost[part], 0))
  return [
    '| tool | arguments | annotations | tokens shown | all |',
    '| --- | --- | --- | --: | --: |',
    ...costs.map(({ tool, shown, all }) => `| ${rowOf(tool).join(' | ')} | ${thousands(shown)} | ${thousands(all)} |`),
    `| together | | | **${sum('shown')}** | **${sum('all')}** |`,
  ].join('\n')
}

const shownOf = ({ name, description, inputSchema }: ListedTool): object => ({ name, description, inputSchema })

const rowOf = ({ name, annotations, inputSchema }: ListedTool): string[] => {
  const required = inputSchema.required ?? []
  const named = Object.keys(inputSchema.properties).map((key) =>
    required.includes(key) ? `**\`${key}\`**` : `\`${key}\``,
  )
  const said = traits.filter(([hint]) => annotations[hint]).map(([, word]) => word)
  return [`\`${name}\``, named.join(', ') || 'none', said.join(', ')]
}

const tokensOf = (value: object): number => countTokens(JSON.stringify(value))

const thousands = (count: number): string => count.toLocaleString('en-US')
